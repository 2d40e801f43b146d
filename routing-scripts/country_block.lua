-- Countries that open on request: a client needs the tag "<country>_open", set by ops with `hubctl apply`.

local on_request = { AF = "af_open", CU = "cu_open", SO = "so_open" }

function on_submit(m)
  local tag = on_request[m.dst.country]
  if tag and not m.client:has(tag) then
    return reject("ESME_RINVDSTADR", m.dst.country .. " opens on request only")
  end
end
