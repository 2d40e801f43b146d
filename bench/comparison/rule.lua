-- The rule in force while bench/compare runs: both hooks are called for every message, and it goes the cheapest way.
function on_submit(m)
  if m.dst.country == "AF" and not m.client:has("af_open") then
    return reject("ESME_RINVDSTADR", "AF opens on request only")
  end
end

function on_route(m, c)
  if m.class == "otp" then return c:without{ type = "sim" }:take(3) end
  return c:order("cost"):take(3)
end
