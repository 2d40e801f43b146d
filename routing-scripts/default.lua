-- Least cost: what the hub does without a rule, written down as a place to start from.
--
-- c holds the suppliers that cover the destination, are up and leave the margin asked for, cheapest first. Returning
-- nothing keeps that order; the client's attempts_max says how many of them are tried.

function on_submit(m)
  -- return reject("word_of_yours", "why, for operators and billing")
end

function on_route(m, c)
  -- return c:order("cost"):take(3)
end
