-- The routing rule of your quickstart: yours to change. All of the language stands in routing-scripts/README.md.
--
-- c holds the suppliers that may take message m, cheapest first. Returning nothing keeps that order.
-- Try it:  take away the -- before a return, then
--            hubctl explain ...     still the old way: the rule acts when it is taken
--            hubctl reload          refused with file and line when something is wrong; the old rule goes on then
--            hubctl explain ...     the new way, and the message you send next goes it

function on_submit(m)
  -- if m.dst.country == "FR" then return reject("closed", "no France today") end
end

function on_route(m, c)
  -- return c:without{ supplier = "alpha" }                            -- everything to beta
  -- return c:split{ alpha = 70, beta = 30, salt = "demo" }            -- shares, by message id
  -- if m.class == "otp" then return c:where{ type = "direct" } end    -- one kind of message, one kind of supplier
end
