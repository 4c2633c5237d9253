-- For wrk: each request carries a body chosen at random; at the end, the counts and the latencies as one JSON line.
-- Arguments: path of the URL, headers as "Name: value", then the files with the bodies.

local requests = {}

function init(args)
   math.randomseed(1)
   local headers = {}
   for index = 2, #args do
      local name, value = args[index]:match("^([%w-]+): (.+)$")
      if name then
         headers[name] = value
      else
         local file = assert(io.open(args[index], "rb"))
         requests[#requests + 1] = wrk.format("POST", args[1], headers, file:read("*a"))
         file:close()
      end
   end
end

function request()
   return requests[math.random(#requests)]
end

function done(summary, latency)
   local values = {}
   for index = 1, #latency do
      values[index] = string.format("[%d,%d]", latency(index))
   end
   local errors = summary.errors
   io.write(string.format(
      'RESULT {"requests":%d,"duration_us":%d,"statuses":%d,"sockets":%d,"latencies_us":[%s]}\n',
      summary.requests, summary.duration, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout, table.concat(values, ",")))
end
