-- Asks with each line of a file in turn: method, path, token, nonce and body, between tabs; made once.
local made, turn = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local method, path, token, nonce, body = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$")
    local headers = {}
    if token ~= "" then headers["Authorization"] = "Bearer " .. token end
    if nonce ~= "" then headers["Keydesk-Nonce"] = nonce end
    if body ~= "" then headers["Content-Type"] = "application/json" end
    made[#made + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
  end
end

function request()
  turn = turn % #made + 1
  return made[turn]
end

function done(summary, latency, requests)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "errors": %d, "p50_ms": %f, "p99_ms": %f}\n',
    summary.requests, summary.duration / 1e6, failed,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000
  ))
end
