package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// scenario is one way of asking one server.
type scenario struct {
	name    string
	server  *process
	whole   bool // the processes that the server has started count, too
	url     string
	host    string   // the Host header; "" for the url's
	tokens  []string // sent in turn; none: no Authorization
	next    int      // of tokens, for the next run
	forged  string   // must be refused
	status  int
	body    string // is in every answer
	samples []sample
}

// sample is what one run came to.
type sample struct {
	cost float64 // µs of processor time per request
	rate float64 // requests per second
}

// The names of the scenarios, where the report compares them.
const (
	openProxied      = "proxied, open"
	guardedUncached  = "proxied, guarded, every signature verified"
	guardedCached    = "proxied, guarded, token in the cache"
	guardedMany      = "proxied, guarded, token in the cache, 1,000 routes in 100 APIs"
	refusedForged    = "proxied, refused: forged signature"
	refusedNoToken   = "proxied, refused: no token"
	httpUncached     = "proxied by an HTTP API, JWT, every signature verified"
	httpCached       = "proxied by an HTTP API, JWT, token in the cache"
	rememberedAnswer = "proxied, authorizer's function, answer in the cache"
	haproxyIsOpen    = "haproxy, open"
	haproxyVerifies  = "haproxy, jwt_verify"
	haproxyForged    = "haproxy, refused: forged signature"
	invokedGuarded   = "function, guarded, warm"
	invokedWhole     = "function, guarded, warm, function included"
	offlineInvoked   = "function, serverless-offline with a Lambda authorizer"
	invokedBare      = "function, bare Runtime API loop behind net/http"
)

// authorizerKey is what the authorizers' functions let in.
const authorizerKey = "ann-s-own-key"

// spent is the processor time that counts.
func (c *scenario) spent() (time.Duration, error) {
	if c.whole {
		return c.server.family()
	}
	return c.server.cpu()
}

func (s *site) scenarios(chosen settings) ([]*scenario, error) {
	one, key, forged := s.tokens.good[:1], []string{authorizerKey}, []string{s.tokens.forged}
	prod := func(path string) string { return s.address + "/prod/" + path }
	all := []*scenario{
		{name: openProxied, server: s.sallyport, url: prod("open"), host: s.apis.rest, status: 200, body: upstreamBody},
		{name: haproxyIsOpen, server: s.haproxy, url: s.haproxyOpen + "/open", status: 200, body: upstreamBody},
		{name: guardedUncached, server: s.sallyport, url: prod("guarded"), host: s.apis.rest, tokens: s.tokens.good, status: 200, body: upstreamBody},
		{name: haproxyVerifies, server: s.haproxy, url: s.haproxyGuarded + "/guarded", tokens: s.tokens.good, status: 200, body: upstreamBody},
		{name: httpUncached, server: s.sallyport, url: s.address + "/guarded", host: s.apis.http, tokens: s.tokens.good, status: 200, body: upstreamBody},
		{name: guardedCached, server: s.sallyport, url: prod("guarded"), host: s.apis.rest, tokens: one, status: 200, body: upstreamBody},
		{name: httpCached, server: s.sallyport, url: s.address + "/guarded", host: s.apis.http, tokens: one, status: 200, body: upstreamBody},
		{name: rememberedAnswer, server: s.sallyport, url: prod("asked"), host: s.apis.rest, tokens: key, status: 200, body: upstreamBody},
		{name: guardedMany, server: s.sallyport, url: prod("r7"), host: s.apis.last, tokens: one, status: 200, body: upstreamBody},
		{name: refusedForged, server: s.sallyport, url: prod("guarded"), host: s.apis.rest, tokens: forged, status: 401, body: "Unauthorized"},
		{name: haproxyForged, server: s.haproxy, url: s.haproxyGuarded + "/guarded", tokens: forged, status: 401},
		{name: refusedNoToken, server: s.sallyport, url: prod("guarded"), host: s.apis.rest, status: 401, body: "Unauthorized"},
		{name: invokedGuarded, server: s.sallyport, url: prod("lambda"), host: s.apis.rest, tokens: one, status: 200, body: `"message":"Welcome"`},
		{name: invokedBare, server: s.loop, url: s.loopAddress + "/lambda", tokens: one, status: 200, body: `"message":"Welcome"`},
	}
	if s.offline != nil {
		all = append(all,
			&scenario{name: invokedWhole, server: s.sallyport, whole: true, url: prod("lambda"), host: s.apis.rest, tokens: one, status: 200, body: `"message":"Welcome"`},
			&scenario{name: offlineInvoked, server: s.offline, whole: true, url: s.offlineAddress + "/lambda", tokens: key, status: 200, body: `"message":"Welcome"`})
	}
	for _, c := range all {
		c.forged = s.tokens.forged
	}
	if chosen.only == nil {
		return all, nil
	}
	var some []*scenario
	for _, c := range all {
		if chosen.only.MatchString(c.name) {
			some = append(some, c)
		}
	}
	if len(some) == 0 {
		return nil, fmt.Errorf("no scenario has %q in its name", chosen.only)
	}
	return some, nil
}

// right asks whether the answer is as it should be and, where a good token is sent,
// whether a forged one, none, and one without its signature are refused.
func (c *scenario) right(ctx context.Context) error {
	token := ""
	if len(c.tokens) > 0 {
		token = c.tokens[0]
	}
	if err := c.expect(ctx, token, c.status, c.body); err != nil {
		return err
	}
	if c.status != http.StatusOK || len(c.tokens) == 0 || c.name == invokedBare {
		return nil
	}
	for _, bad := range []string{c.forged, "", token[:strings.LastIndexByte(token, '.')+1]} {
		if err := c.expect(ctx, bad, http.StatusUnauthorized, ""); err != nil {
			return fmt.Errorf("a bad token: %w", err)
		}
	}
	return nil
}

func (c *scenario) expect(ctx context.Context, token string, status int, body string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
	if err != nil {
		return err
	}
	r.Host = c.host
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	got, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err == nil && (got.StatusCode != status || !strings.Contains(string(text), body)) {
		err = fmt.Errorf("%s answered %d %s, not %d %s", c.url, got.StatusCode, text, status, body)
	}
	return err
}
