package gateway

import (
	"net/http"
	"strings"
)

// Address is what a request's URL says about the API that it calls.
type Address struct {
	API    string
	Region string // "" in the path form: the API's id is enough
	Stage  string
	Path   string // below the stage, as sent: still escaped, starts with "/", or is "" at the stage itself
	Query  string // as sent, without "?"
}

const pathForm = "/_aws/execute-api/"

// Locate reads the two forms of an API's URL from what the client itself sent,
// the Host and the request target, and nothing that a proxy or a stranger may
// have added (no X-Forwarded-Host). domain is what follows the region in the
// first form, such as "localhost"; a port is ignored, letters compare without case.
//
//	http://{api}.execute-api.{region}.{domain}:4566/{stage}/path
//	http://anything:4566/_aws/execute-api/{api}/{stage}/path
//
// ok is false when the request is for no API.
func Locate(r *http.Request, domain string) (a Address, ok bool) {
	target := r.RequestURI
	if !strings.HasPrefix(target, "/") { // absolute form: http://host/path; net/http took the host from it
		_, rest, found := strings.Cut(target, "://")
		if !found {
			return a, false // "*" of OPTIONS, or the authority of CONNECT
		}
		i := strings.IndexAny(rest, "/?")
		if i < 0 {
			target = "/"
		} else if target = rest[i:]; target[0] == '?' {
			target = "/" + target
		}
	}
	path, query, _ := strings.Cut(target, "?")
	a.Query = query

	if a.API, a.Region, ok = apiHost(r.Host, domain); ok {
		a.Stage, a.Path = cutStage(path[1:])
		return a, true
	}
	rest, ok := strings.CutPrefix(path, pathForm)
	if !ok {
		return Address{}, false
	}
	api, rest, _ := strings.Cut(rest, "/")
	a.API = strings.ToLower(api)
	a.Stage, a.Path = cutStage(rest)
	return a, true
}

// cutStage splits "prod/a/b" into prod and /a/b.
func cutStage(s string) (stage, path string) {
	if i := strings.IndexByte(s, '/'); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// apiHost reads {api}.execute-api.{region}.{domain}.
func apiHost(host, domain string) (api, region string, ok bool) {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && isDigits(host[i+1:]) {
		host = host[:i]
	}
	host = strings.TrimSuffix(host, ".")
	if len(host) <= len(domain) || !strings.EqualFold(host[len(host)-len(domain):], domain) {
		return "", "", false
	}
	host, ok = strings.CutSuffix(host[:len(host)-len(domain)], ".")
	if !ok {
		return "", "", false
	}
	api, rest, _ := strings.Cut(host, ".")
	label, region, _ := strings.Cut(rest, ".")
	if !strings.EqualFold(label, "execute-api") || api == "" || region == "" || strings.Contains(region, ".") {
		return "", "", false
	}
	return strings.ToLower(api), strings.ToLower(region), true
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
