return {
  rule = "pin_client.lua",
  sell = "0.050",
  suppliers = {
    { name = "lab", type = "test", cost = "0" },
    { name = "thin", cost = "0.0451", priority = 1 },
    { name = "partner_link", cost = "0.030", priority = 3 },
    { name = "first_choice", cost = "0.045", priority = 2 },
  },
  cases = {
    { name = "a test message takes a test route", message = { dst = "+4915112345678", class = "test" },
      plan = { "lab" } },
    { name = "a partner is pinned", message = { dst = "+4915112345678", client = "partner_one" },
      plan = { "partner_link" } },
    { name = "10 % is enough, a tenth of a mil less is not", message = { dst = "+4915112345678" },
      plan = { "first_choice", "partner_link" } },
    { name = "trusted clients take thin margins too", message = { dst = "+4915112345678", tags = { "trusted" } },
      plan = { "partner_link", "first_choice", "thin" } },
  },
}
