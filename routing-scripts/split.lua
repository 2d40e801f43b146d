-- Traffic of one network is shared 70 : 30 between two contracts. All parts of a long message go one way; when one
-- of the two is down or too dear, the other takes all.

function on_route(m, c)
  if m.net.mcc == "262" and m.net.mnc == "02" then
    local shared = c:split{ de_direct_a = 70, de_direct_b = 30, salt = "de02-2026" }
    if not shared:empty() then return shared end
  end
end
