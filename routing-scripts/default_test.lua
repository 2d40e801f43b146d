return {
  rule = "default.lua",
  suppliers = {
    { name = "alpha", cost = "0.021" },
    { name = "beta", cost = "0.019" },
    { name = "gamma", cost = "0.012", down = true },
  },
  cases = {
    { name = "cheapest first, without those that are down", message = { dst = "+4915112345678" },
      plan = { "beta", "alpha" } },
  },
}
