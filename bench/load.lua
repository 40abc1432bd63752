-- The requests of `bench/run`, for wrk: wrk … --script bench/load.lua http://127.0.0.1:PORT -- SCENARIO RUN IDS [COUNT]
--
--   SCENARIO  a key of `scenarios`
--   RUN       a word that no other run has: it makes usernames unique
--   IDS       a file with what the scenario picks from, one a line: the clogin_ids that are there; for reads by REST
--             the UUIDs; for search and rest_find the codes
--   COUNT     answers after which a thread ends before its time
--
-- Prints one line of JSON when it is done.

local threads = {}

function setup(thread)
  thread:set("number", #threads + 1)
  table.insert(threads, thread)
end

-- In a thread -------------------------------------------------------------------------------------------------------

local head, run, counter = {}, "", 0
local ids, answers_left = {}, nil
busy, failed = 0, 0

local function post(body)
  return head.action .. #body .. "\r\n\r\n" .. body
end

local function get(path)
  return "GET " .. path .. head.get
end

local function anybody()
  return ids[math.random(#ids)]
end

local function new_person(group, password)
  counter = counter + 1
  local name = number .. "-" .. counter .. "-" .. run
  return post('{"action":"create","group_id":' .. group .. ',"doc":{"main_email":"' .. name .. '@clogin.example",'
    .. password .. '"first_name":"Ella","last_name":"Fitz","home_town":"Newport","birth_date":"2001-02-03"}}')
end

-- One request each. What is measured of them is in the table of bench/run.
local scenarios = {}

function scenarios.read()
  return post('{"action":"get_info","group_id":1,"clogin_id":' .. anybody() .. ',"doc":{}}')
end

function scenarios.create()
  return new_person(1, "")
end

function scenarios.create_with_password()
  return new_person(1, '"password":"correct horse battery",')
end

-- A trigger of that project sends an e-mail.
function scenarios.create_with_mail()
  return new_person(2, "")
end

function scenarios.create_with_few_triggers()
  return new_person(3, "")
end

function scenarios.create_with_many_triggers()
  return new_person(4, "")
end

function scenarios.update()
  return post('{"action":"update","group_id":1,"clogin_id":' .. anybody() .. ',"doc":{"home_town":"Newport '
    .. math.random(1000) .. '"}}')
end

-- A page of 50, somewhere.
function scenarios.list()
  return post('{"action":"get_user_list","group_id":1,"doc":{"cursor":"' .. anybody() .. '"}}')
end

-- Of ten calls nine read.
function scenarios.mix()
  return math.random(10) == 1 and scenarios.create() or scenarios.read()
end

function scenarios.rest_read()
  return get("/api/v1/users/" .. anybody() .. "/")
end

function scenarios.platform_read()
  return get("/core/v1/users/" .. anybody())
end

-- By an id of the client's own that one person has.
function scenarios.rest_find()
  return get("/api/v1/users/?external_id=" .. anybody())
end

function scenarios.rest_list()
  return get("/api/v1/users/?page_size=100")
end

function scenarios.search()
  local body = '{"claims":{"code":"' .. anybody() .. '"}}'
  return head.search .. #body .. "\r\n\r\n" .. body
end

function init(arguments)
  local scenario, count = arguments[1], tonumber(arguments[4])
  run = arguments[2]
  for id in io.lines(arguments[3]) do
    table.insert(ids, id)
  end
  math.randomseed(number * 7919)
  local host = wrk.host .. ":" .. wrk.port
  head.action = "POST /reg/api2/users/ HTTP/1.1\r\nHost: " .. host .. "\r\nApi-id: 1\r\nApi-user: bench@clogin.example\r\n"
    .. "Api-token: bench-only-5b3c1a52\r\nContent-Type: application/json\r\nContent-Length: "
  local bearer = " HTTP/1.1\r\nHost: " .. host .. "\r\nAuthorization: Bearer bench-only-5b3c1a52\r\n"
  head.get = bearer .. "\r\n"
  head.search = "POST /core/v1/users/search" .. bearer .. "Content-Type: application/json\r\nContent-Length: "
  request = scenarios[scenario]
  answers_left = count
  -- Looking at answers costs the load generator much: only where it is needed.
  if count or scenario == "create_with_password" then
    response = look
  end
end

function look(status)
  if status == 503 then
    busy = busy + 1
  elseif status >= 300 then
    failed = failed + 1
  end
  if answers_left then
    answers_left = answers_left - 1
    if answers_left <= 0 then
      wrk.thread:stop()
    end
  end
end

-- Afterwards --------------------------------------------------------------------------------------------------------

function done(summary, latency)
  local errors = summary.errors
  local busy_answers = 0
  for _, thread in ipairs(threads) do
    busy_answers = busy_answers + (thread:get("busy") or 0)
  end
  -- errors.status: answers from 400 on.
  print(string.format(
    '{"seconds":%.3f,"requests":%d,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,"busy":%d,"errors":%d}',
    summary.duration / 1e6, summary.requests, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, busy_answers,
    errors.status - busy_answers + errors.connect + errors.read + errors.write + errors.timeout))
end
