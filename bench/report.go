package main

import (
	"fmt"
	"io"
	"slices"
)

// comparison is a ratio of two scenarios of one round.
type comparison struct {
	of, to string
	most   float64 // 0: no target
	what   string
}

var comparisons = []comparison{
	{guardedUncached, haproxyVerifies, 1.5, "every signature verified, to haproxy with jwt_verify"},
	{guardedCached, haproxyVerifies, 0.9, "with the cache of tokens, to haproxy with jwt_verify"},
	{httpUncached, haproxyVerifies, 1.5, "HTTP API, every signature verified, to haproxy with jwt_verify"},
	{httpCached, haproxyVerifies, 0.9, "HTTP API, with the cache of tokens, to haproxy with jwt_verify"},
	{rememberedAnswer, openProxied, 1.15, "a remembered answer of an authorizer's function, to an open route"},
	{openProxied, haproxyIsOpen, 0, "open, to haproxy without a check"},
	{guardedCached, openProxied, 0, "a cached token, to an open route"},
	{invokedGuarded, invokedBare, 1.35, "a guarded warm invocation, to a bare loop"},
	{invokedWhole, offlineInvoked, 0.3, "a guarded warm invocation, function included, to serverless-offline"},
	{refusedForged, guardedUncached, 1, "a forged token, to a good one that is verified"},
	{refusedNoToken, openProxied, 1, "no token, to an open route"},
	{refusedForged, haproxyForged, 0, "a forged token, to haproxy"},
	{guardedMany, guardedCached, 1.1, "1,000 routes in 100 APIs, to the API beside them"},
}

// report prints what was measured, and whether every target is met by its median.
func report(out io.Writer, scenarios []*scenario) bool {
	fmt.Fprintf(out, "\n%-64s %28s %10s\n", fmt.Sprintf("processor time of the server, %d rounds", len(scenarios[0].samples)), "µs a request (least..most)", "requests/s")
	byName := map[string]*scenario{}
	for _, c := range scenarios {
		byName[c.name] = c
		var costs, rates []float64
		for _, s := range c.samples {
			costs, rates = append(costs, s.cost), append(rates, s.rate)
		}
		middle, least, most := spread(costs)
		rate, _, _ := spread(rates)
		fmt.Fprintf(out, "%-64s %8.1f (%6.1f .. %6.1f) %12.0f\n", c.name, middle, least, most, rate)
	}
	fmt.Fprintf(out, "\n%-64s %28s %10s\n", "ratio", "median (least .. most)", "target")
	met := true
	for _, c := range comparisons {
		of, to := byName[c.of], byName[c.to]
		if of == nil || to == nil {
			continue
		}
		var ratios []float64
		for i := range of.samples {
			ratios = append(ratios, of.samples[i].cost/to.samples[i].cost)
		}
		middle, least, most := spread(ratios)
		verdict := ""
		if c.most > 0 {
			verdict = fmt.Sprintf("%5.2f  met", c.most)
			if middle > c.most {
				verdict, met = fmt.Sprintf("%5.2f  MISSED", c.most), false
			}
		}
		fmt.Fprintf(out, "%-64s %8.2f (%6.2f .. %6.2f)   %s\n", c.what, middle, least, most, verdict)
	}
	return met
}

func spread(values []float64) (middle, least, most float64) {
	if len(values) == 0 {
		return 0, 0, 0
	}
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2, values[0], values[n-1]
}
