return {
  rule = "split.lua",
  suppliers = {
    { name = "cheap", cost = "0.01" },
    { name = "de_direct_a", cost = "0.02" },
    { name = "de_direct_b", cost = "0.03" },
  },
  cases = {
    { name = "70 : 30 over many messages", message = { dst = "+4915212345678", mnc = "02" }, messages = 20000,
      share = { de_direct_a = { 69, 71 }, de_direct_b = { 29, 31 }, cheap = { 0, 0 } } },
    { name = "another network goes by cost", message = { dst = "+4915112345678" },
      plan = { "cheap", "de_direct_a", "de_direct_b" } },
  },
}
