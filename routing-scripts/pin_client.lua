-- A client with a contract for one supplier gets that supplier alone; a test message gets a test route or nothing.
-- Margins under 10 % are only for clients that ops trust.

local partner = rx.compile("^partner_")

function on_route(m, c)
  if m.class == "test" then return c:where{ type = "test" } end
  if rx.match(partner, m.client.code) then
    local own = c:pin("partner_link")
    if own:empty() then return reject("ESME_RSYSERR", "the partner's own link is down") end
    return own
  end
  if not m.client:has("trusted") then
    return c:without{ type = "test" }:where{ margin_bp = at_least(1000) }:order("priority")
  end
  return c:without{ type = "test" }
end
