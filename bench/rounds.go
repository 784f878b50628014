package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// wrkScript sends the lines of a file as tokens, in turn, from one of them on. Its
// thread stops with a line for us.
const wrkScript = `
local requests, at = {}, 1
function init(args)
  local from = tonumber(args[2])
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", nil, {Host = wrk.headers["Host"], Authorization = "Bearer " .. token})
  end
  if #requests == 0 then requests[1] = wrk.format("GET", nil, {Host = wrk.headers["Host"]}) end
  at = from % #requests + 1
end
function request()
  local r = requests[at]
  at = at % #requests + 1
  return r
end
function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format('\nRESULT {"requests":%d,"micros":%d,"status":%d,"broken":%d}\n',
    summary.requests, summary.duration, e.status, e.connect + e.read + e.write + e.timeout))
end
`

// result is what wrk says at the end of a run.
type result struct {
	Requests, Micros int
	Status           int // answers over 399
	Broken           int // connections that failed or timed out
}

// measure runs each scenario once to warm up, then in rounds, forward and backward,
// until there are enough or time is up. It returns what share of the processors
// other programs had in each round.
func measure(ctx context.Context, s settings, until time.Time, place *site, scenarios []*scenario) (others []float64, err error) {
	script := filepath.Join(place.folder, "wrk.lua")
	if err := os.WriteFile(script, []byte(wrkScript), 0o600); err != nil {
		return nil, err
	}
	for i, c := range scenarios {
		list := filepath.Join(place.folder, fmt.Sprintf("tokens-%d", i))
		if err := os.WriteFile(list, []byte(strings.Join(c.tokens, "\n")), 0o600); err != nil {
			return nil, err
		}
		if _, err := c.run(ctx, s, script, list, time.Second); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	var longest time.Duration
	for round := range s.rounds {
		if round >= fewest && time.Now().Add(longest).After(until) {
			break
		}
		before, err := place.used()
		if err != nil {
			return nil, err
		}
		for i := range scenarios {
			if round%2 == 1 {
				i = len(scenarios) - 1 - i
			}
			c := scenarios[i]
			got, err := c.run(ctx, s, script, filepath.Join(place.folder, fmt.Sprintf("tokens-%d", i)), s.length)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			c.samples = append(c.samples, got)
		}
		after, err := place.used()
		if err != nil {
			return nil, err
		}
		others = append(others, strangers(before, after))
		longest = max(longest, after.at.Sub(before.at))
	}
	return others, nil
}

// fewest rounds: one forward, one backward.
const fewest = 2

// run drives the scenario for a while. Every answer must have the status that is due.
func (c *scenario) run(ctx context.Context, s settings, script, tokens string, length time.Duration) (sample, error) {
	arguments := []string{"-t1", "-c", strconv.Itoa(s.connections), "-d", strconv.Itoa(int(length.Seconds())) + "s", "-s", script}
	if c.host != "" {
		arguments = append(arguments, "-H", "Host: "+c.host)
	}
	arguments = append(arguments, c.url, "--", tokens, strconv.Itoa(c.next))
	ctx, cancel := context.WithTimeout(ctx, length+time.Minute)
	defer cancel()
	before, err := c.spent()
	if err != nil {
		return sample{}, err
	}
	text, err := exec.CommandContext(ctx, "wrk", arguments...).CombinedOutput()
	if err != nil {
		return sample{}, fmt.Errorf("wrk: %w\n%s", err, text)
	}
	after, err := c.spent()
	if err != nil {
		return sample{}, err
	}
	_, line, found := strings.Cut(string(text), "RESULT ")
	var got result
	if !found || json.Unmarshal([]byte(line), &got) != nil || got.Requests == 0 {
		return sample{}, fmt.Errorf("wrk has no result:\n%s", text)
	}
	refused := 0
	if c.status >= 400 {
		refused = got.Requests
	}
	if got.Broken != 0 || got.Status != refused {
		return sample{}, fmt.Errorf("%d requests, %d with a status over 399 (due: %d), %d broken", got.Requests, got.Status, refused, got.Broken)
	}
	if len(c.tokens) > 0 {
		c.next = (c.next + got.Requests + s.connections) % len(c.tokens)
	}
	return sample{
		cost: float64((after - before).Microseconds()) / float64(got.Requests),
		rate: float64(got.Requests) / (float64(got.Micros) / 1e6),
	}, nil
}
