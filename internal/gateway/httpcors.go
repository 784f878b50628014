package gateway

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// cors is what an HTTP API tells browsers of other origins, as headers.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
//
// The gateway alone says it: headers of that kind from a function or backend are
// taken away. It says it with its own refusals, too, so that a page can tell a 401
// from a server that is gone. A request without an Origin hears nothing of it.
type cors struct {
	any         bool // "*"
	schemes     []string
	origins     []string
	methods     []string // as header values; nil: not sent
	headers     []string
	exposed     []string
	maxAge      []string
	credentials bool
}

func compileCORS(c *CORS) *cors {
	if c == nil {
		return nil
	}
	made := &cors{
		methods: listed(c.AllowMethods), headers: listed(c.AllowHeaders), exposed: listed(c.ExposeHeaders), credentials: c.AllowCredentials,
	}
	if c.MaxAge != nil {
		made.maxAge = []string{strconv.Itoa(int(*c.MaxAge))}
	}
	for _, origin := range c.AllowOrigins {
		switch {
		case origin == "*":
			// Whoever may send credentials is named: all of them never are.
			made.any = !c.AllowCredentials
		case strings.HasSuffix(origin, "://*"):
			made.schemes = append(made.schemes, strings.TrimSuffix(origin, "*"))
		default:
			made.origins = append(made.origins, origin)
		}
	}
	return made
}

func listed(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	return []string{strings.Join(values, ",")}
}

// isPreflight knows what browsers ask before they ask.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && len(r.Header["Origin"]) == 1 && len(r.Header["Access-Control-Request-Method"]) > 0
}

// allows says whether an origin is one of those. An origin that is no one's, null
// or a doubled header, is never named, nor is what is no origin but begins as one.
func (c *cors) allows(origin string) bool {
	if slices.ContainsFunc(c.origins, func(o string) bool { return strings.EqualFold(o, origin) }) {
		return true
	}
	return slices.ContainsFunc(c.schemes, func(scheme string) bool {
		return len(origin) > len(scheme) && strings.EqualFold(origin[:len(scheme)], scheme) && isAuthority(origin[len(scheme):])
	})
}

// isAuthority: a host and perhaps a port, as browsers write them in an origin.
func isAuthority(s string) bool {
	for i := range len(s) {
		if !isUnreserved(s[i]) && s[i] != ':' && s[i] != '[' && s[i] != ']' {
			return false
		}
	}
	return s != ""
}

var (
	anyOrigin      = []string{"*"}
	allowed        = []string{"true"}
	varyWithOrigin = []string{"Origin"}
)

// tellOrigin adds the headers that every answer to a request from another origin
// has, and reports whether the origin is allowed.
func (c *cors) tellOrigin(x *exchange) bool {
	if c == nil {
		return false
	}
	origins := x.r.Header["Origin"]
	h := x.w.Header()
	if !c.any {
		h["Vary"] = append(h["Vary"], varyWithOrigin...) // a cache in between must not mix them up
	}
	if len(origins) != 1 || origins[0] == "" {
		return false
	}
	switch {
	case c.any:
		h["Access-Control-Allow-Origin"] = anyOrigin
	case c.allows(origins[0]):
		h["Access-Control-Allow-Origin"] = origins[:1:1]
	default:
		return false
	}
	if c.credentials {
		h["Access-Control-Allow-Credentials"] = allowed
	}
	if c.exposed != nil {
		h["Access-Control-Expose-Headers"] = c.exposed
	}
	return true
}

// answerPreflight says what other origins may send. It says nothing to an origin
// that may send nothing.
func answerPreflight(_ context.Context, _ *Gateway, x *exchange) verdict {
	c := x.stage.http.cors
	reason := "the origin is not allowed"
	if c.tellOrigin(x) {
		reason = "the origin is allowed"
		h := x.w.Header()
		delete(h, "Access-Control-Expose-Headers") // of answers, not of this
		for name, value := range map[string][]string{
			"Access-Control-Allow-Methods": c.methods, "Access-Control-Allow-Headers": c.headers, "Access-Control-Max-Age": c.maxAge,
		} {
			if value != nil {
				h[name] = value
			}
		}
	}
	x.record.Status = http.StatusNoContent
	x.w.WriteHeader(http.StatusNoContent)
	return verdict{outcome: served, reason: reason}
}

// isCORSHeader knows the headers that the gateway alone says where an API has CORS.
func isCORSHeader(canonical string) bool { return strings.HasPrefix(canonical, "Access-Control-") }
