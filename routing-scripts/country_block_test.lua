return {
  rule = "country_block.lua",
  suppliers = { { name = "alpha", cost = "0.02" } },
  cases = {
    { name = "AF is closed", message = { dst = "+93701234567", country = "AF", mcc = "412" },
      refused = "script", status = "ESME_RINVDSTADR", reason = "AF opens on request only" },
    { name = "AF is open with the tag",
      message = { dst = "+93701234567", country = "AF", mcc = "412", tags = { "af_open" } }, plan = { "alpha" } },
    { name = "another country's tag does not help",
      message = { dst = "+93701234567", country = "AF", mcc = "412", tags = { "cu_open" } }, refused = "script" },
    { name = "DE needs nothing", message = { dst = "+4915112345678" }, plan = { "alpha" } },
  },
}
