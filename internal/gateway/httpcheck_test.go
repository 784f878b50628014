package gateway_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/gateway"
)

func TestRouteKeysAreRead(t *testing.T) {
	type segments = []gateway.RouteSegment
	for key, want := range map[string]struct {
		read    gateway.RouteKey
		pattern string
	}{
		"$default":       {gateway.RouteKey{Default: true}, "$default"},
		"GET /":          {gateway.RouteKey{Method: "GET", Path: "/"}, "GET /"},
		"ANY /pets":      {gateway.RouteKey{Method: "ANY", Path: "/pets", Segments: segments{{Literal: "pets"}}}, "ANY /pets"},
		"GET /pets/":     {gateway.RouteKey{Method: "GET", Path: "/pets/", Segments: segments{{Literal: "pets"}, {}}}, "GET /pets/"},
		"PUT /p/{id}/x":  {gateway.RouteKey{Method: "PUT", Path: "/p/{id}/x", Segments: segments{{Literal: "p"}, {Variable: "id"}, {Literal: "x"}}}, "PUT /p/{}/x"},
		"ANY /{proxy+}":  {gateway.RouteKey{Method: "ANY", Path: "/{proxy+}", Segments: segments{{Variable: "proxy", Greedy: true}}}, "ANY /{+}"},
		"GET /{a}/{b+}":  {gateway.RouteKey{Method: "GET", Path: "/{a}/{b+}", Segments: segments{{Variable: "a"}, {Variable: "b", Greedy: true}}}, "GET /{}/{+}"},
		"GET /a:b@c=d,e": {gateway.RouteKey{Method: "GET", Path: "/a:b@c=d,e", Segments: segments{{Literal: "a:b@c=d,e"}}}, "GET /a:b@c=d,e"},
	} {
		got, err := gateway.ParseRouteKey(key)
		if err != nil || !reflect.DeepEqual(got, want.read) || got.Pattern() != want.pattern {
			t.Errorf("%s: %+v %q, %v", key, got, got.Pattern(), err)
		}
	}
}

// Whatever text is a route key has one reading, no second way to write its path,
// and a pattern that is a key of the same pattern when its variables have names.
func FuzzRouteKeys(f *testing.F) {
	for _, seed := range []string{"$default", "GET /", "ANY /{proxy+}", "GET /a/{b}/", "GET //", "GET /%2e", "POST /a;b/..", "GET /{a+}/b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		k, err := gateway.ParseRouteKey(key)
		if err != nil {
			if _, ok := errors.AsType[*gateway.Mistake](err); !ok {
				t.Fatalf("%q: %v", key, err)
			}
			return
		}
		if k.Default {
			if key != gateway.DefaultRoute {
				t.Fatalf("%q is taken for $default", key)
			}
			return
		}
		var b strings.Builder
		for i, s := range k.Segments {
			if s.Greedy && i != len(k.Segments)-1 || s.Literal != "" && s.Variable != "" || s.Literal == "." || s.Literal == ".." ||
				s.Literal == "" && s.Variable == "" && i != len(k.Segments)-1 || strings.ContainsAny(s.Literal, "%?#;\\ {}") {
				t.Fatalf("%q: segment %+v", key, s)
			}
			switch {
			case s.Greedy:
				fmt.Fprintf(&b, "/{%s+}", s.Variable)
			case s.Variable != "":
				fmt.Fprintf(&b, "/{%s}", s.Variable)
			default:
				b.WriteString("/" + s.Literal)
			}
		}
		if len(k.Segments) == 0 {
			b.WriteByte('/')
		}
		if written := k.Method + " " + b.String(); written != key || k.Path != b.String() {
			t.Fatalf("%q is read as %q", key, written)
		}
	})
}

func TestParametersAreRead(t *testing.T) {
	type parts = []gateway.ParameterPart
	for _, c := range []struct {
		of         gateway.Direction
		key, value string
		want       gateway.Parameter
	}{
		{gateway.OfRequest, "append:header.X-A", "b", gateway.Parameter{Action: "append", Place: "header", Name: "X-A", Value: parts{{Literal: "b"}}}},
		{gateway.OfRequest, "overwrite:querystring.q", "$request.header.X-Q", gateway.Parameter{Action: "overwrite", Place: "querystring", Name: "q", Value: parts{{From: "header", Name: "X-Q"}}}},
		{gateway.OfRequest, "remove:header.a", "''", gateway.Parameter{Action: "remove", Place: "header", Name: "a"}},
		{gateway.OfRequest, "remove:querystring.a", "", gateway.Parameter{Action: "remove", Place: "querystring", Name: "a"}},
		{gateway.OfRequest, "overwrite:path", "/v1$request.path", gateway.Parameter{Action: "overwrite", Place: "path", Value: parts{{Literal: "/v1"}, {From: "path"}}}},
		{gateway.OfRequest, "overwrite:path", "/v1/$request.path.proxy", gateway.Parameter{Action: "overwrite", Place: "path", Value: parts{{Literal: "/v1/"}, {From: "path", Name: "proxy"}}}},
		{gateway.OfRequest, "overwrite:path", "/${request.path.a}/${request.querystring.b}c", gateway.Parameter{Action: "overwrite", Place: "path",
			Value: parts{{Literal: "/"}, {From: "path", Name: "a"}, {Literal: "/"}, {From: "querystring", Name: "b"}, {Literal: "c"}}}},
		{gateway.OfRequest, "append:header.a", "$request.body.user.names[0]", gateway.Parameter{Action: "append", Place: "header", Name: "a", Value: parts{{From: "body", Name: "user.names[0]"}}}},
		{gateway.OfRequest, "append:header.a", "$request.body", gateway.Parameter{Action: "append", Place: "header", Name: "a", Value: parts{{From: "body"}}}},
		{gateway.OfRequest, "append:header.a", "$context.authorizer.claims.cognito:groups", gateway.Parameter{Action: "append", Place: "header", Name: "a",
			Value: parts{{From: "context", Name: "authorizer.claims.cognito:groups"}}}},
		{gateway.OfRequest, "append:header.a", "$context.identity.sourceIp, ${stageVariables.via}", gateway.Parameter{Action: "append", Place: "header", Name: "a",
			Value: parts{{From: "context", Name: "identity.sourceIp"}, {Literal: ", "}, {From: "stageVariables", Name: "via"}}}},
		{gateway.OfResponse, "overwrite:statuscode", "204", gateway.Parameter{Action: "overwrite", Place: "statuscode", Value: parts{{Literal: "204"}}}},
		{gateway.OfResponse, "append:header.a", "$response.header.b", gateway.Parameter{Action: "append", Place: "header", Name: "a", Value: parts{{From: "header", Name: "b"}}}},
		{gateway.OfResponse, "append:header.a", "$response.body.x", gateway.Parameter{Action: "append", Place: "header", Name: "a", Value: parts{{From: "body", Name: "x"}}}},
	} {
		got, err := gateway.ParseParameter(c.of, c.key, c.value)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %s: %+v, %v", c.key, c.value, got, err)
		}
	}
}

func TestParametersThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		of         gateway.Direction
		key, value string
	}{
		{gateway.OfRequest, "", "a"},
		{gateway.OfRequest, "header.a", "b"},
		{gateway.OfRequest, "replace:header.a", "b"},
		{gateway.OfRequest, "append:header.", "b"},
		{gateway.OfRequest, "append:header.a b", "c"},
		{gateway.OfRequest, "append:header.a\r\nb", "c"},
		{gateway.OfRequest, "append:header.a", "b\r\nc: d"},
		{gateway.OfRequest, "append:header.a", ""},
		{gateway.OfRequest, "append:header.a", strings.Repeat("x", 2049)},
		{gateway.OfRequest, "append:querystring.a&b", "c"},
		{gateway.OfRequest, "append:path", "/"},
		{gateway.OfRequest, "remove:path", "''"},
		{gateway.OfRequest, "overwrite:path.x", "/"},
		{gateway.OfRequest, "overwrite:body.x", "y"},
		{gateway.OfRequest, "overwrite:statuscode", "200"},
		{gateway.OfRequest, "remove:header.a", "b"},
		{gateway.OfRequest, "append:header.a", "$"},
		{gateway.OfRequest, "append:header.a", "$$"},
		{gateway.OfRequest, "append:header.a", "5$"},
		{gateway.OfRequest, "append:header.a", "${request.header.b"},
		{gateway.OfRequest, "append:header.a", "${request.header.b c}"},
		{gateway.OfRequest, "append:header.a", "$request.header"},
		{gateway.OfRequest, "append:header.a", "$request.header."},
		{gateway.OfRequest, "append:header.a", "$request.cookie.b"},
		{gateway.OfRequest, "append:header.a", "$request.multivalueheader.b"},
		{gateway.OfRequest, "append:header.a", "$response.header.b"},
		{gateway.OfRequest, "append:header.a", "$context.nothing"},
		{gateway.OfRequest, "append:header.a", "$context.status"}, // not known yet
		{gateway.OfRequest, "append:header.a", "$context."},
		{gateway.OfRequest, "append:header.a", "$stageVariables.-"},
		{gateway.OfResponse, "append:header.a", "$request.header.b"},
		{gateway.OfResponse, "append:header.a", "$response.querystring.b"},
		{gateway.OfResponse, "append:header.a", "$response.path"},
		{gateway.OfResponse, "append:querystring.a", "b"},
		{gateway.OfResponse, "overwrite:path", "/"},
		{gateway.OfResponse, "overwrite:statuscode", "199"},
		{gateway.OfResponse, "overwrite:statuscode", "2000"},
		{gateway.OfResponse, "overwrite:statuscode", "$context.status"},
		{gateway.OfResponse, "append:statuscode", "200"},
	} {
		got, err := gateway.ParseParameter(c.of, c.key, c.value)
		if _, ok := errors.AsType[*gateway.Mistake](err); !ok {
			t.Errorf("%q %q: %+v, %v", c.key, c.value, got, err)
		}
	}
	for _, name := range []string{
		"Authorization", "access-control-allow-origin", "Apigw-Requestid", "connection", "Content-Encoding", "content-length", "content-location", "forwarded",
		"Host", "keep-alive", "Origin", "proxy-authenticate", "Proxy-Authorization", "TE", "trailers", "transfer-encoding", "upgrade", "X-Amz-Date", "x-amzn-trace-id",
		"x-forwarded-for", "X-Forwarded-Host", "x-forwarded-proto", "Via",
	} {
		for _, action := range []string{"append", "overwrite", "remove"} {
			for _, of := range []gateway.Direction{gateway.OfRequest, gateway.OfResponse} {
				value := "x"
				if action == "remove" {
					value = "''"
				}
				if _, err := gateway.ParseParameter(of, action+":header."+name, value); err == nil || !strings.Contains(err.Error(), "Operations on header "+strings.ToLower(name)+" are restricted") {
					t.Errorf("%s %s: %v", action, name, err)
				}
			}
		}
	}
}

// What is read is all of what stands there: written again, it is the same text.
func FuzzParameters(f *testing.F) {
	for _, seed := range [][2]string{
		{"append:header.a", "b"}, {"overwrite:path", "/${request.path.a}$request.path"}, {"remove:querystring.q", "''"},
		{"overwrite:statuscode", "204"}, {"append:header.x", "$context.authorizer.claims.sub$stageVariables.v"}, {"append:header.b", "$request.body.a[0].b"},
	} {
		f.Add(false, seed[0], seed[1])
		f.Add(true, seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, response bool, key, value string) {
		p, err := gateway.ParseParameter(gateway.Direction(response), key, value)
		if err != nil {
			return
		}
		if p.Place == gateway.PlaceHeader && (gateway.IsReservedHeader(p.Name) || strings.ContainsAny(p.Name, " \r\n:")) || strings.ContainsAny(value, "\r\n\x00") {
			t.Fatalf("%q %q", key, value)
		}
		if p.Action == gateway.ActionRemove {
			return
		}
		var b strings.Builder
		message := "request."
		if response {
			message = "response."
		}
		for _, part := range p.Value {
			switch {
			case part.From == "":
				b.WriteString(part.Literal)
			case part.From == gateway.FromContext || part.From == gateway.FromStage:
				b.WriteString("$" + part.From + "." + part.Name)
			default:
				b.WriteString(strings.TrimSuffix("$"+message+part.From+"."+part.Name, "."))
			}
		}
		// Braces say no more than where a name ends.
		if plain := strings.NewReplacer("{", "", "}", ""); plain.Replace(b.String()) != plain.Replace(value) {
			t.Fatalf("%q is read as %q", value, b.String())
		}
	})
}

func TestTwoSpellingsOfOneHeaderAreRefused(t *testing.T) {
	i := &gateway.HTTPIntegration{
		Type: "HTTP_PROXY", Method: "GET", URI: "http://127.0.0.1/", PayloadVersion: "1.0", TimeoutMillis: 50,
		RequestParameters: map[string]string{"overwrite:header.X-User": "$context.authorizer.claims.sub", "overwrite:header.x-user": "$request.header.x"},
	}
	if err := i.Check(region); err == nil || !strings.Contains(err.Error(), "more than once") {
		t.Error(err)
	}
	delete(i.RequestParameters, "overwrite:header.x-user")
	if err := i.Check(region); err != nil {
		t.Error(err)
	}
}
