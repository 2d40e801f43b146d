-- Promotions wait for the day: outside 07:00-19:00 UTC, and all Sunday, they are refused, to be sent again later.

function on_submit(m)
  if m.class ~= "promo" then return end
  if m.time.weekday == 7 or not within(m.time.utc, "07:00", "19:00") then
    return reject("ESME_RTHROTTLED", "promotions run Monday to Saturday, 07:00-19:00 UTC")
  end
end
