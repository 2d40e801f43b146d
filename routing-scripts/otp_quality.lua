-- One-time passwords never take a SIM route, and take direct connections before all others.

function on_route(m, c)
  if m.class ~= "otp" then return end
  local good = c:without{ type = one_of("sim", "test") }
  local direct = good:where{ type = "direct" }
  if direct:empty() then return good:take(3) end
  return direct:take(3)
end
