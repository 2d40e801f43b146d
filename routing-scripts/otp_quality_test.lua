return {
  rule = "otp_quality.lua",
  suppliers = {
    { name = "sim_farm", type = "sim", cost = "0.005" },
    { name = "reseller", type = "wholesale", cost = "0.012" },
    { name = "carrier", type = "direct", cost = "0.030" },
    { name = "carrier_two", type = "direct", cost = "0.031" },
  },
  cases = {
    { name = "otp takes direct routes, cheapest first", message = { dst = "+4915112345678", class = "otp" },
      plan = { "carrier", "carrier_two" } },
    { name = "others take the cheapest", message = { dst = "+4915112345678", class = "promo" },
      plan = { "sim_farm", "reseller", "carrier", "carrier_two" } },
  },
}
