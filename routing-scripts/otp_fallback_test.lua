-- The same rule when no direct route is up.
return {
  rule = "otp_quality.lua",
  suppliers = {
    { name = "sim_farm", type = "sim", cost = "0.005" },
    { name = "reseller", type = "wholesale", cost = "0.012" },
    { name = "carrier", type = "direct", cost = "0.030", down = true },
  },
  cases = {
    { name = "otp takes what is left, but no SIM", message = { dst = "+4915112345678", class = "otp" },
      plan = { "reseller" } },
  },
}
