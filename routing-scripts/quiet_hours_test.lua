return {
  rule = "quiet_hours.lua",
  suppliers = { { name = "alpha", cost = "0.02" } },
  cases = {
    { name = "by day", message = { dst = "+4915112345678", class = "promo", utc = "2026-11-20T07:00" },
      plan = { "alpha" } },
    { name = "in the evening", message = { dst = "+4915112345678", class = "promo", utc = "2026-11-20T19:00" },
      refused = "script", status = "ESME_RTHROTTLED" },
    { name = "on Sunday", message = { dst = "+4915112345678", class = "promo", utc = "2026-11-22T12:00" },
      refused = "script" },
    { name = "otp at night", message = { dst = "+4915112345678", class = "otp", utc = "2026-11-20T03:00" },
      plan = { "alpha" } },
  },
}
