package httpapi_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
)

func TestTags(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI()
	a.stage("prod")
	own := "arn:aws:apigateway:eu-west-1::/apis/" + a.id
	for _, arn := range []string{own, own + "/stages/prod"} {
		_, err := w.client.TagResource(ctx, &apigatewayv2.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"a": "1", "b": "2"}})
		must(t, err)
		_, err = w.client.UntagResource(ctx, &apigatewayv2.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a", "nothing"}})
		must(t, err)
		got, err := w.client.GetTags(ctx, &apigatewayv2.GetTagsInput{ResourceArn: &arn})
		must(t, err)
		if fmt.Sprint(got.Tags) != "map[b:2]" {
			t.Errorf("%s: %v", arn, got.Tags)
		}
		_, err = w.client.TagResource(ctx, &apigatewayv2.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"aws:x": "y"}})
		expectError(t, err, "BadRequestException", "reserved")
		many := map[string]string{}
		for i := range 50 {
			many[fmt.Sprint("k", i)] = "v"
		}
		_, err = w.client.TagResource(ctx, &apigatewayv2.TagResourceInput{ResourceArn: &arn, Tags: many})
		expectError(t, err, "BadRequestException", "at most 50 tags")
	}
	for arn, code := range map[string]string{
		"arn:aws:apigateway:eu-west-1::/restapis/" + a.id: "BadRequestException",
		"arn:aws:apigateway:us-east-1::/apis/" + a.id:     "BadRequestException",
		own + "/routes/x":      "BadRequestException",
		own + "/stages/":       "BadRequestException",
		own + "/stages/a/b":    "BadRequestException",
		own + "/stages/nosuch": "NotFoundException",
		own + "x":              "NotFoundException",
		"pizza":                "BadRequestException",
	} {
		_, err := w.client.GetTags(ctx, &apigatewayv2.GetTagsInput{ResourceArn: &arn})
		expectError(t, err, code, "")
		_, err = w.client.TagResource(ctx, &apigatewayv2.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"a": "b"}})
		expectError(t, err, code, "")
	}
}

// What policies are asked: the verb and the path as action and resource, and the
// tags of what the call is about.
func TestWhatPoliciesAreAsked(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI(func(in *apigatewayv2.CreateApiInput) { in.Tags = map[string]string{"Team": "oven"} })
	a.route("GET /pets")
	a.stage("prod", func(in *apigatewayv2.CreateStageInput) { in.Tags = map[string]string{"env": "live"} })
	arn := "arn:aws:apigateway:eu-west-1::/apis/" + a.id
	prod := aws.String("prod")
	for _, c := range []struct {
		name, action, resource, conditions string
		do                                 func() error
	}{
		{"create an API", "apigateway:POST", "arn:aws:apigateway:eu-west-1::/apis", "map[aws:requesttag/a:[b] aws:tagkeys:[a]]", func() error {
			_, err := w.client.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: aws.String("x"), ProtocolType: "HTTP", Tags: map[string]string{"a": "b"}})
			return err
		}},
		{"read an API", "apigateway:GET", arn, "map[aws:resourcetag/team:[oven]]", func() error {
			return call(w.client.GetApi(ctx, &apigatewayv2.GetApiInput{ApiId: &a.id}))
		}},
		{"change an API", "apigateway:PATCH", arn, "map[aws:resourcetag/team:[oven]]", func() error {
			return call(w.client.UpdateApi(ctx, &apigatewayv2.UpdateApiInput{ApiId: &a.id}))
		}},
		{"make a route", "apigateway:POST", arn + "/routes", "map[aws:resourcetag/team:[oven]]", func() error { return call(a.tryRoute("GET /b")) }},
		{"reset a cache", "apigateway:DELETE", arn + "/stages/prod/cache/authorizers", "map[aws:resourcetag/env:[live]]", func() error {
			return call(w.client.ResetAuthorizersCache(ctx, &apigatewayv2.ResetAuthorizersCacheInput{ApiId: &a.id, StageName: prod}))
		}},
		{"deploy to a stage", "apigateway:POST", arn + "/deployments", "map[aws:resourcetag/env:[live] aws:resourcetag/team:[oven]]", func() error {
			return call(w.client.CreateDeployment(ctx, &apigatewayv2.CreateDeploymentInput{ApiId: &a.id, StageName: prod}))
		}},
		{"make a stage", "apigateway:POST", arn + "/stages", "map[aws:requesttag/a:[b] aws:resourcetag/team:[oven] aws:tagkeys:[a]]", func() error {
			return call(a.tryStage("next", func(in *apigatewayv2.CreateStageInput) { in.Tags = map[string]string{"a": "b"} }))
		}},
		{"tag", "apigateway:POST", "arn:aws:apigateway:eu-west-1::/tags/" + arn, "map[aws:requesttag/a:[b] aws:resourcetag/team:[oven] aws:tagkeys:[a]]", func() error {
			return call(w.client.TagResource(ctx, &apigatewayv2.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"a": "b"}}))
		}},
		{"untag", "apigateway:DELETE", "arn:aws:apigateway:eu-west-1::/tags/" + arn, "map[aws:resourcetag/a:[b] aws:resourcetag/team:[oven] aws:tagkeys:[a]]", func() error {
			return call(w.client.UntagResource(ctx, &apigatewayv2.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a"}}))
		}},
		{"delete an API", "apigateway:DELETE", arn, "map[aws:resourcetag/team:[oven]]", func() error {
			return call(w.client.DeleteApi(ctx, &apigatewayv2.DeleteApiInput{ApiId: &a.id}))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			must(t, c.do())
			if q := w.guard.last(); q.action != c.action || q.resource != c.resource || fmt.Sprint(tagsIn(q.conditions)) != c.conditions {
				t.Errorf("%s on %s with %v", q.action, q.resource, q.conditions)
			}
		})
	}
	// What is not there has no tags, and is asked about all the same.
	_, err := w.client.GetApi(ctx, &apigatewayv2.GetApiInput{ApiId: aws.String("nosuch")})
	expectError(t, err, "NotFoundException", "")
	if q := w.guard.last(); q.resource != "arn:aws:apigateway:eu-west-1::/apis/nosuch" || len(q.conditions) != 0 {
		t.Errorf("%+v", q)
	}
}

// tagsIn are the conditions that are about tags.
func tagsIn(conditions map[string][]string) map[string][]string {
	tags := maps.Clone(conditions)
	maps.DeleteFunc(tags, func(key string, _ []string) bool { return strings.HasPrefix(key, "apigateway:") })
	return tags
}

// A policy can forbid routes that are open to all, or a foreign function as
// authorizer: it hears what a call would make, and what it would change.
func TestPoliciesHearWhatACallWouldMake(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI()
	jwt := a.jwt("tokens")
	route := a.route("GET /closed", behind("JWT", jwt))
	group := "arn:aws:logs:eu-west-1:000000000000:log-group:access"
	logs := &types.AccessLogSettings{DestinationArn: &group, Format: aws.String("$context.requestId")}
	a.stage("prod", func(in *apigatewayv2.CreateStageInput) { in.AccessLogSettings = logs })
	const request, resource = "apigateway:request/", "apigateway:resource/"
	for _, c := range []struct {
		name string
		do   func() error
		want map[string]string
	}{
		{"a route without a type", func() error { return call(a.tryRoute("GET /open")) },
			map[string]string{request + "routeauthorizationtype": "NONE", request + "apikeyrequired": "false"}},
		{"a route with one", func() error { return call(a.tryRoute("GET /signed", behind("AWS_IAM", ""))) },
			map[string]string{request + "routeauthorizationtype": "AWS_IAM", request + "apikeyrequired": "false"}},
		{"opening a route", func() error {
			return call(w.client.UpdateRoute(ctx, &apigatewayv2.UpdateRouteInput{ApiId: &a.id, RouteId: &route, AuthorizationType: "NONE"}))
		}, map[string]string{request + "routeauthorizationtype": "NONE", resource + "routeauthorizationtype": "JWT", resource + "apikeyrequired": "false"}},
		{"deleting a route", func() error {
			return call(w.client.DeleteRoute(ctx, &apigatewayv2.DeleteRouteInput{ApiId: &a.id, RouteId: &route}))
		}, map[string]string{resource + "routeauthorizationtype": "NONE", resource + "apikeyrequired": "false"}},
		{"quick create", func() error {
			_, err := w.client.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: aws.String("x"), ProtocolType: "HTTP", Target: aws.String(functionARN)})
			return err
		}, map[string]string{request + "apiname": "x", request + "endpointtype": "REGIONAL", request + "disableexecuteapiendpoint": "false", request + "routeauthorizationtype": "NONE"}},
		{"an authorizer", func() error {
			return call(a.tryAuthorizer(asking, func(in *apigatewayv2.CreateAuthorizerInput) { in.Name = aws.String("asked") }))
		}, map[string]string{request + "authorizertype": "REQUEST", request + "authorizeruri": functionURI}},
		{"changing an authorizer", func() error {
			return call(w.client.UpdateAuthorizer(ctx, &apigatewayv2.UpdateAuthorizerInput{ApiId: &a.id, AuthorizerId: &jwt}))
		}, map[string]string{resource + "authorizertype": "JWT"}},
		{"changing an API", func() error {
			return call(w.client.UpdateApi(ctx, &apigatewayv2.UpdateApiInput{ApiId: &a.id, DisableExecuteApiEndpoint: aws.Bool(true)}))
		}, map[string]string{request + "disableexecuteapiendpoint": "true", resource + "apiname": "pizza", resource + "endpointtype": "REGIONAL", resource + "disableexecuteapiendpoint": "false"}},
		{"a deployment", func() error {
			return call(w.client.CreateDeployment(ctx, &apigatewayv2.CreateDeploymentInput{ApiId: &a.id}))
		}, map[string]string{}},
		{"a stage", func() error {
			return call(a.tryStage("next", func(in *apigatewayv2.CreateStageInput) { in.AccessLogSettings = logs }))
		}, map[string]string{request + "stagename": "next", request + "accessloggingdestination": group, request + "accessloggingformat": "$context.requestId"}},
		{"a stage's end", func() error {
			return call(w.client.DeleteStage(ctx, &apigatewayv2.DeleteStageInput{ApiId: &a.id, StageName: aws.String("prod")}))
		}, map[string]string{resource + "accessloggingdestination": group, resource + "accessloggingformat": "$context.requestId"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			must(t, c.do())
			got := map[string]string{}
			for key, values := range w.guard.last().conditions {
				got[key] = strings.Join(values, ",")
			}
			if !maps.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestCallsWithoutSignature(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	for _, target := range []string{"GET /v2/apis", "POST /v2/apis", "GET /v2/apis/" + a.id, "DELETE /v2/apis/" + a.id, "PUT /v2/apis", "GET /v2/nothing"} {
		verb, path, _ := strings.Cut(target, " ")
		r, err := http.NewRequestWithContext(t.Context(), verb, w.url+path, strings.NewReader(`{"name":"x","protocolType":"HTTP"}`))
		must(t, err)
		got, err := awsapitest.Client().Do(r)
		must(t, err)
		body, err := io.ReadAll(got.Body)
		must(t, err)
		if got.StatusCode != 403 || got.Header.Get("X-Amzn-Errortype") != "MissingAuthenticationTokenException" || string(body) != `{"message":"Missing Authentication Token"}` {
			t.Errorf("%s: %d %v %s", target, got.StatusCode, got.Header, body)
		}
	}
	if _, err := w.client.GetApi(t.Context(), &apigatewayv2.GetApiInput{ApiId: &a.id}); err != nil {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	for n := range 10 {
		a.jwt(fmt.Sprint("tokens", n))
		a.stage(fmt.Sprint("stage", n))
	}
	_, err := a.tryAuthorizer()
	expectError(t, err, "TooManyRequestsException", "Maximum number of Authorizers for this API has been reached (10)")
	_, err = a.tryStage("more")
	expectError(t, err, "TooManyRequestsException", "Maximum number of stages for this API has been reached (10)")
	for n := range 300 {
		a.route(fmt.Sprint("GET /r", n))
	}
	_, err = a.tryRoute("GET /more")
	expectError(t, err, "TooManyRequestsException", "Maximum number of Routes for this API has been reached (300)")
	for range 300 {
		a.integration()
	}
	_, err = a.tryIntegration()
	expectError(t, err, "TooManyRequestsException", "Maximum number of Integrations for this API has been reached (300)")
	w.newAPI() // another API has limits of its own
}
