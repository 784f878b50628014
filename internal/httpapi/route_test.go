package httpapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

func TestRoutes(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI()
	i, auth := a.integration(), a.jwt("tokens")
	made, err := a.tryRoute("GET /pets/{id}", to(i), behind("JWT", auth), func(in *apigatewayv2.CreateRouteInput) {
		in.AuthorizationScopes, in.OperationName, in.ApiKeyRequired = []string{"pets:read", "pets:*"}, aws.String("getPet"), aws.Bool(false)
	})
	must(t, err)
	got, err := w.client.GetRoute(ctx, &apigatewayv2.GetRouteInput{ApiId: &a.id, RouteId: made.RouteId})
	must(t, err)
	if *got.RouteKey != "GET /pets/{id}" || *got.Target != "integrations/"+i || got.AuthorizationType != "JWT" || *got.AuthorizerId != auth ||
		fmt.Sprint(got.AuthorizationScopes) != "[pets:read pets:*]" || *got.OperationName != "getPet" || *got.ApiKeyRequired || got.ApiGatewayManaged != nil {
		t.Errorf("%+v", got)
	}
	// The authorizer and the scopes go with the type, as clients expect who do not send them away.
	changed, err := w.client.UpdateRoute(ctx, &apigatewayv2.UpdateRouteInput{ApiId: &a.id, RouteId: made.RouteId, AuthorizationType: "NONE"})
	must(t, err)
	if changed.AuthorizationType != "NONE" || changed.AuthorizerId != nil || len(changed.AuthorizationScopes) != 0 || *changed.OperationName != "getPet" {
		t.Errorf("%+v", changed)
	}
	changed, err = w.client.UpdateRoute(ctx, &apigatewayv2.UpdateRouteInput{
		ApiId: &a.id, RouteId: made.RouteId, RouteKey: aws.String("ANY /pets/{proxy+}"), AuthorizationType: "JWT", AuthorizerId: &auth, AuthorizationScopes: []string{"x"},
	})
	must(t, err)
	if *changed.RouteKey != "ANY /pets/{proxy+}" || changed.AuthorizationType != "JWT" || fmt.Sprint(changed.AuthorizationScopes) != "[x]" {
		t.Errorf("%+v", changed)
	}
	changed, err = w.client.UpdateRoute(ctx, &apigatewayv2.UpdateRouteInput{ApiId: &a.id, RouteId: made.RouteId, AuthorizationScopes: []string{}})
	must(t, err)
	if len(changed.AuthorizationScopes) != 0 || changed.AuthorizationType != "JWT" {
		t.Errorf("%+v", changed)
	}
	_, err = w.client.DeleteRoute(ctx, &apigatewayv2.DeleteRouteInput{ApiId: &a.id, RouteId: made.RouteId})
	must(t, err)
	_, err = w.client.GetRoute(ctx, &apigatewayv2.GetRouteInput{ApiId: &a.id, RouteId: made.RouteId})
	expectError(t, err, "NotFoundException", "Invalid Route identifier specified "+*made.RouteId)
	_, err = w.client.DeleteRoute(ctx, &apigatewayv2.DeleteRouteInput{ApiId: &a.id, RouteId: made.RouteId})
	expectError(t, err, "NotFoundException", *made.RouteId)
}

const badKey = `The provided route key is not formatted properly for HTTP protocol. Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"`

func TestRoutesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	a, other := w.newAPI(), w.newAPI()
	i, jwt := a.integration(), a.jwt("tokens")
	elsewhere, foreign := other.integration(), other.jwt("tokens")
	asked, err := a.tryAuthorizer(asking, func(in *apigatewayv2.CreateAuthorizerInput) { in.Name = aws.String("asked") })
	must(t, err)
	a.route("GET /pets/{id}", to(i))
	key := func(k string) func(*apigatewayv2.CreateRouteInput) {
		return func(in *apigatewayv2.CreateRouteInput) { in.RouteKey = &k }
	}
	scopes := func(n int) func(*apigatewayv2.CreateRouteInput) {
		return func(in *apigatewayv2.CreateRouteInput) {
			for s := range n {
				in.AuthorizationScopes = append(in.AuthorizationScopes, fmt.Sprintf("scope%d", s))
			}
		}
	}
	type changes = []func(*apigatewayv2.CreateRouteInput)
	const noJWT = "Invalid authorizer ID specified. Setting the authorization type to JWT requires a valid JWT authorizer."
	const noCustom = "Invalid authorizer ID specified. Setting the authorization type to CUSTOM requires a valid authorizer."
	for name, c := range map[string]struct {
		change        changes
		code, message string
	}{
		"no method":                   {changes{key("/pets")}, "BadRequestException", badKey},
		"no path":                     {changes{key("GET")}, "BadRequestException", badKey},
		"a small method":              {changes{key("get /pets")}, "BadRequestException", badKey},
		"TRACE":                       {changes{key("TRACE /pets")}, "BadRequestException", badKey},
		"a WebSocket's key":           {changes{key("$connect")}, "BadRequestException", badKey},
		"two blanks":                  {changes{key("GET  /pets")}, "BadRequestException", badKey},
		"an empty segment":            {changes{key("GET /a//b")}, "BadRequestException", "empty segment"},
		"a dot segment":               {changes{key("GET /a/../b")}, "BadRequestException", "dot segment"},
		"an escape":                   {changes{key("GET /a%2fb")}, "BadRequestException", "characters"},
		"a query":                     {changes{key("GET /a?b=c")}, "BadRequestException", "characters"},
		"a semicolon":                 {changes{key("GET /a;b")}, "BadRequestException", "characters"},
		"half a variable":             {changes{key("GET /a{b}")}, "BadRequestException", "whole segment"},
		"a nameless variable":         {changes{key("GET /{}")}, "BadRequestException", "whole segment"},
		"a greedy one in the middle":  {changes{key("GET /{a+}/b")}, "BadRequestException", "only stand at the end"},
		"a variable twice":            {changes{key("GET /{a}/{a}")}, "BadRequestException", "more than once"},
		"the same key":                {changes{key("GET /pets/{id}")}, "ConflictException", "Route with key GET /pets/{id} already exists for this API"},
		"the same with another name":  {changes{key("GET /pets/{pet}")}, "ConflictException", "Route with key GET /pets/{pet} already exists for this API"},
		"no such integration":         {changes{to("nothere")}, "BadRequestException", "Invalid Integration identifier specified nothere"},
		"another API's integration":   {changes{to(elsewhere)}, "BadRequestException", "Invalid Integration identifier specified " + elsewhere},
		"a target of another kind":    {changes{func(in *apigatewayv2.CreateRouteInput) { in.Target = aws.String("routes/x") }}, "BadRequestException", "integrations/{integrationId}"},
		"JWT without authorizer":      {changes{behind("JWT", "")}, "BadRequestException", noJWT},
		"JWT with an unknown one":     {changes{behind("JWT", "abcdef")}, "BadRequestException", noJWT},
		"JWT with a function":         {changes{behind("JWT", *asked.AuthorizerId)}, "BadRequestException", noJWT},
		"JWT with another API's":      {changes{behind("JWT", foreign)}, "BadRequestException", noJWT},
		"CUSTOM without authorizer":   {changes{behind("CUSTOM", "")}, "BadRequestException", noCustom},
		"CUSTOM with tokens":          {changes{behind("CUSTOM", jwt)}, "BadRequestException", noCustom},
		"NONE with an authorizer":     {changes{behind("NONE", jwt)}, "BadRequestException", "has no authorizer"},
		"AWS_IAM with an authorizer":  {changes{behind("AWS_IAM", jwt)}, "BadRequestException", "has no authorizer"},
		"an authorizer without type":  {changes{behind("", jwt)}, "BadRequestException", "has no authorizer"},
		"pools, which REST APIs have": {changes{behind("COGNITO_USER_POOLS", jwt)}, "BadRequestException", "Invalid authorization type"},
		"scopes without tokens":       {changes{scopes(1)}, "BadRequestException", "only supported with the authorization type JWT"},
		"scopes behind a function":    {changes{behind("CUSTOM", *asked.AuthorizerId), scopes(1)}, "BadRequestException", "only supported with the authorization type JWT"},
		"eleven scopes":               {changes{behind("JWT", jwt), scopes(11)}, "BadRequestException", "at most 10"},
		"two scopes in one": {changes{behind("JWT", jwt), func(in *apigatewayv2.CreateRouteInput) { in.AuthorizationScopes = []string{"a b"} }},
			"BadRequestException", "Invalid authorization scope"},
		"a long operation name": {changes{func(in *apigatewayv2.CreateRouteInput) { in.OperationName = aws.String(strings.Repeat("x", 65)) }}, "BadRequestException", "at most 64"},
		"an API key":            {changes{func(in *apigatewayv2.CreateRouteInput) { in.ApiKeyRequired = aws.Bool(true) }}, "BadRequestException", "ApiKeyRequired is supported only for WebSocket APIs"},
		"a model":               {changes{func(in *apigatewayv2.CreateRouteInput) { in.RequestModels = map[string]string{"a": "b"} }}, "BadRequestException", "RequestModels"},
		"a parameter": {changes{func(in *apigatewayv2.CreateRouteInput) {
			in.RequestParameters = map[string]types.ParameterConstraints{"route.request.header.a": {}}
		}}, "BadRequestException", "RequestParameters"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.tryRoute("GET /new", c.change...)
			expectError(t, err, c.code, c.message)
		})
	}
	routes, err := w.client.GetRoutes(t.Context(), &apigatewayv2.GetRoutesInput{ApiId: &a.id})
	must(t, err)
	if len(routes.Items) != 1 {
		t.Errorf("refused routes were kept: %+v", routes.Items)
	}
	for _, good := range []string{"$default", "ANY /", "GET /", "GET /{proxy+}", "ANY /{proxy+}", "GET /pets", "GET /pets/", "POST /pets/{id}", "GET /a.b/c-d/~e/{x.y}/z:w"} {
		a.route(good, to(i), behind("JWT", jwt), scopes(10))
	}
}

// A route that is changed must still be one that could be made.
func TestRoutesThatCannotBeChangedSo(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	jwt := a.jwt("tokens")
	id := a.route("GET /pets", behind("JWT", jwt))
	a.route("GET /taken")
	for name, c := range map[string]struct {
		in            apigatewayv2.UpdateRouteInput
		code, message string
	}{
		"a key that is taken":        {apigatewayv2.UpdateRouteInput{RouteKey: aws.String("GET /taken")}, "ConflictException", "Route with key GET /taken already exists"},
		"a broken key":               {apigatewayv2.UpdateRouteInput{RouteKey: aws.String("pets")}, "BadRequestException", badKey},
		"tokens behind a function":   {apigatewayv2.UpdateRouteInput{AuthorizationType: "CUSTOM"}, "BadRequestException", "requires a valid authorizer"},
		"no authorizer":              {apigatewayv2.UpdateRouteInput{AuthorizerId: aws.String("")}, "BadRequestException", "requires a valid JWT authorizer"},
		"no such authorizer":         {apigatewayv2.UpdateRouteInput{AuthorizerId: aws.String("abcdef")}, "BadRequestException", "requires a valid JWT authorizer"},
		"no such integration":        {apigatewayv2.UpdateRouteInput{Target: aws.String("integrations/x")}, "BadRequestException", "Invalid Integration identifier"},
		"NONE, but with authorizer":  {apigatewayv2.UpdateRouteInput{AuthorizationType: "NONE", AuthorizerId: &jwt}, "BadRequestException", "has no authorizer"},
		"NONE, but with scopes":      {apigatewayv2.UpdateRouteInput{AuthorizationType: "NONE", AuthorizationScopes: []string{"x"}}, "BadRequestException", "only supported with"},
		"no such route":              {apigatewayv2.UpdateRouteInput{RouteId: aws.String("nothere")}, "NotFoundException", "Invalid Route identifier specified nothere"},
		"what only WebSockets' have": {apigatewayv2.UpdateRouteInput{ModelSelectionExpression: aws.String("x")}, "BadRequestException", "ModelSelectionExpression"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.in.ApiId = &a.id; c.in.RouteId == nil {
				c.in.RouteId = &id
			}
			_, err := w.client.UpdateRoute(t.Context(), &c.in)
			expectError(t, err, c.code, c.message)
			if got, err := w.client.GetRoute(t.Context(), &apigatewayv2.GetRouteInput{ApiId: &a.id, RouteId: &id}); err != nil || *got.RouteKey != "GET /pets" || got.AuthorizationType != "JWT" {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestPages(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a, b := w.newAPI(), w.newAPI()
	for n := range 5 {
		a.route(fmt.Sprintf("GET /r%d", n))
		b.route(fmt.Sprintf("GET /r%d", n))
	}
	seen := map[string]bool{}
	var token *string
	for page := range 3 {
		out, err := w.client.GetRoutes(ctx, &apigatewayv2.GetRoutesInput{ApiId: &a.id, MaxResults: aws.String("2"), NextToken: token})
		must(t, err)
		for _, r := range out.Items {
			seen[*r.RouteKey] = true
		}
		if (out.NextToken == nil) != (page == 2) {
			t.Fatalf("page %d: %v", page, out.NextToken)
		}
		if out.NextToken != nil {
			token = out.NextToken
		}
	}
	if len(seen) != 5 {
		t.Errorf("%v", seen)
	}
	// A token is good for its own list only.
	_, err := w.client.GetRoutes(ctx, &apigatewayv2.GetRoutesInput{ApiId: &b.id, NextToken: token})
	expectError(t, err, "BadRequestException", "Invalid nextToken")
	_, err = w.client.GetIntegrations(ctx, &apigatewayv2.GetIntegrationsInput{ApiId: &a.id, NextToken: token})
	expectError(t, err, "BadRequestException", "Invalid nextToken")
	for _, size := range []string{"0", "-1", "many", "1.5"} {
		_, err = w.client.GetRoutes(ctx, &apigatewayv2.GetRoutesInput{ApiId: &a.id, MaxResults: &size})
		expectError(t, err, "BadRequestException", "maxResults")
	}
	all, err := w.client.GetRoutes(ctx, &apigatewayv2.GetRoutesInput{ApiId: &a.id, MaxResults: aws.String("5000")})
	must(t, err)
	if len(all.Items) != 5 || all.NextToken != nil {
		t.Errorf("%d routes", len(all.Items))
	}
	apis, err := w.client.GetApis(ctx, &apigatewayv2.GetApisInput{MaxResults: aws.String("1")})
	must(t, err)
	rest, err := w.client.GetApis(ctx, &apigatewayv2.GetApisInput{NextToken: apis.NextToken})
	must(t, err)
	if len(apis.Items) != 1 || len(rest.Items) != 1 || *apis.Items[0].ApiId == *rest.Items[0].ApiId {
		t.Errorf("%+v %+v", apis.Items, rest.Items)
	}
}
