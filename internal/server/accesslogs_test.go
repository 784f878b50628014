package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	http2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/config"
)

const (
	petsLog   = "/aws/apigateway/Pets"
	logTarget = "arn:aws:logs:" + region + ":" + account + ":log-group:" + petsLog
	logFormat = `{"id":"$context.requestId","status":$context.status,"path":"$context.path","agent":"$context.identity.userAgent","error":"$context.error.message","type":"$context.error.responseType"}`
)

// replacing is a patch of a REST API's stage.
func replacing(pairs ...string) []apitypes.PatchOperation {
	var patch []apitypes.PatchOperation
	for i := 0; i < len(pairs); i += 2 {
		patch = append(patch, apitypes.PatchOperation{Op: apitypes.OpReplace, Path: &pairs[i], Value: &pairs[i+1]})
	}
	return patch
}

// limitedREST is a REST API of a mock whose stage prod lets two requests through
// and a thousandth a second more, and logs. It returns the path of its URL.
func (w *world) limitedREST(t *testing.T) string {
	t.Helper()
	ctx := t.Context()
	made := must(w.apis.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("pets")}))(t)
	id, root, get := made.Id, made.RootResourceId, aws.String("GET")
	must(w.apis.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: id, ResourceId: root, HttpMethod: get, AuthorizationType: aws.String("NONE")}))(t)
	must(w.apis.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: id, ResourceId: root, HttpMethod: get,
		Type: apitypes.IntegrationTypeMock, RequestTemplates: map[string]string{"application/json": `{"statusCode": 200}`}}))(t)
	must(w.apis.PutMethodResponse(ctx, &apigateway.PutMethodResponseInput{RestApiId: id, ResourceId: root, HttpMethod: get, StatusCode: aws.String("200")}))(t)
	must(w.apis.PutIntegrationResponse(ctx, &apigateway.PutIntegrationResponseInput{RestApiId: id, ResourceId: root, HttpMethod: get, StatusCode: aws.String("200")}))(t)
	must(w.apis.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: id, StageName: aws.String("prod")}))(t)
	must(w.apis.UpdateStage(ctx, &apigateway.UpdateStageInput{RestApiId: id, StageName: aws.String("prod"), PatchOperations: replacing(
		"/*/*/throttling/rateLimit", "0.001", "/*/*/throttling/burstLimit", "2",
		"/accessLogSettings/destinationArn", logTarget, "/accessLogSettings/format", logFormat)}))(t)
	return "/_aws/execute-api/" + *id + "/prod"
}

// limitedHTTP is the same of an HTTP API in front of an HTTP server.
func (w *world) limitedHTTP(t *testing.T) string {
	t.Helper()
	ctx := t.Context()
	backend := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(backend.Close)
	apis := apigatewayv2.NewFromConfig(w.aws)
	made := must(apis.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: aws.String("pets"), ProtocolType: http2types.ProtocolTypeHttp, Target: &backend.URL}))(t)
	must(apis.UpdateStage(ctx, &apigatewayv2.UpdateStageInput{ApiId: made.ApiId, StageName: aws.String("$default"),
		DefaultRouteSettings: &http2types.RouteSettings{ThrottlingRateLimit: aws.Float64(0.001), ThrottlingBurstLimit: aws.Int32(2)},
		AccessLogSettings:    &http2types.AccessLogSettings{DestinationArn: aws.String(logTarget + ":*"), Format: aws.String(logFormat)},
	}))(t)
	return "/_aws/execute-api/" + *made.ApiId + "/$default"
}

// logLine is what logFormat says.
type logLine struct {
	ID, Path, Agent, Error, Type string
	Status                       int
}

// logged is the access log, as the operator is shown it.
func (w *world) logged(t *testing.T) []logLine {
	t.Helper()
	got := w.send(t, "GET", "/_sallyport/logs?group="+petsLog, "")
	if got.status != 200 {
		t.Fatalf("%+v", got)
	}
	var lines []logLine
	for text := range strings.SplitSeq(strings.TrimSpace(got.body), "\n") {
		var l logLine
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		lines = append(lines, l)
	}
	return lines
}

func TestAStageLimitsItsRequestsAndLogsThem(t *testing.T) {
	for kind, c := range map[string]struct {
		api      func(*world, *testing.T) string
		idHeader string
	}{
		"REST": {(*world).limitedREST, "X-Amzn-Requestid"},
		"HTTP": {(*world).limitedHTTP, "Apigw-Requestid"},
	} {
		t.Run(kind, func(t *testing.T) {
			w := start(t, config.Config{}, nil)
			path := c.api(w, t)
			var ids []string
			for _, want := range []int{200, 200, 429, 429} {
				got := w.send(t, "GET", path, "", "User-Agent", "curl/8\", \"status\": 200, \"x\": \"")
				if got.status != want || want == 429 && got.body != `{"message":"Too Many Requests"}` {
					t.Errorf("%+v, want %d", got, want)
				}
				ids = append(ids, got.header.Get(c.idHeader))
			}
			lines := w.logged(t)
			if len(lines) != len(ids) {
				t.Fatalf("%d lines of %d requests", len(lines), len(ids))
			}
			for i, l := range lines {
				if l.ID != ids[i] || !strings.HasPrefix(l.Agent, "curl/8\", ") {
					t.Errorf("line %d: %+v, want the id %s", i, l, ids[i])
				}
			}
			if l := lines[0]; l.Status != 200 || l.Error != "-" || l.Type != "-" {
				t.Errorf("of a request that passed: %+v", l)
			}
			if l := lines[3]; l.Status != 429 || l.Error != "Too Many Requests" || l.Type != "THROTTLED" {
				t.Errorf("of a request over the limit: %+v", l)
			}
			w.advance(t, "1000s")
			for _, want := range []int{200, 429} {
				if got := w.send(t, "GET", path, ""); got.status != want {
					t.Errorf("a token later: %d, want %d", got.status, want)
				}
			}
		})
	}
}

func TestSettingsOfAStageThatCannotBeAreRefused(t *testing.T) {
	w := start(t, config.Config{}, nil)
	path := w.limitedREST(t)
	id := strings.Split(path, "/")[3]
	for _, c := range []struct{ path, value, message string }{
		{"/*/*/throttling/rateLimit", "-5", "Invalid throttling rate limit"},
		{"/*/*/throttling/rateLimit", "fast", "Invalid throttling rate limit"},
		{"/*/*/throttling/burstLimit", "1.5", "Invalid throttling burst limit"},
		{"/accessLogSettings/format", "$context.status", "must include $context.requestId"},
		{"/accessLogSettings/format", "$context.requestId $context.identity.secret", "not supported: [$context.identity.secret]"},
		{"/accessLogSettings/format", "$context.requestId\n$context.status", "must be single line"},
		{"/accessLogSettings/destinationArn", "arn:aws:logs:eu-west-1:" + account + ":log-group:x", "of the account and the region"},
		{"/accessLogSettings/destinationArn", "arn:aws:firehose:" + region + ":" + account + ":deliverystream/amazon-apigateway-x", "is not supported by Sallyport yet"},
	} {
		_, err := w.apis.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: &id, StageName: aws.String("prod"), PatchOperations: replacing(c.path, c.value)})
		if code(err) != "BadRequestException" || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s = %s: %v", c.path, c.value, err)
		}
	}
	stage := must(w.apis.GetStage(t.Context(), &apigateway.GetStageInput{RestApiId: &id, StageName: aws.String("prod")}))(t)
	if s := stage.MethodSettings["*/*"]; s.ThrottlingBurstLimit != 2 || s.ThrottlingRateLimit != 0.001 || aws.ToString(stage.AccessLogSettings.Format) != logFormat {
		t.Errorf("%+v, %+v", s, stage.AccessLogSettings)
	}
}

func TestAccessLogsAreInTheDataFolderAndForTheOperatorAlone(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	w := start(t, config.Config{Data: data}, nil)
	path := w.limitedREST(t)
	w.send(t, "GET", path, "")
	logs := "/_sallyport/logs?group=" + petsLog
	if got := w.send(t, "GET", logs, ""); got.status != 404 || got.body != "{\"message\":\"Not Found\"}\n" {
		t.Errorf("a stranger gets %+v", got)
	}
	if got := w.asked(t, "GET", logs, rootKey, "not-the-secret", nil); got.status != 404 {
		t.Errorf("a stranger with root's name gets %+v", got)
	}
	if got := w.asked(t, "GET", logs, rootKey, rootSecret, nil); got.status != 200 || !strings.HasPrefix(got.body, `{"id":"`) {
		t.Errorf("the operator gets %+v", got)
	}
	got := w.asked(t, "GET", "/_sallyport/logs", rootKey, rootSecret, nil)
	if got.body != `{"groups":[{"region":"`+region+`","name":"`+petsLog+`"}],"folder":`+strconv.Quote(filepath.Join(data, "logs", "access"))+"}" {
		t.Errorf("%+v", got)
	}
	for query, status := range map[string]int{
		"group=none": 404, "group=" + petsLog + "&region=eu-west-1": 404, "group=a:b": 400, "group=" + petsLog + "&region=..": 400, "group=a&group=b": 400,
		"group=a&lines=-1": 400, "group=a&lines=x": 400, "group=a&follow=yes": 400, "groups=a": 400, "group=../../sallyport.db": 404,
	} {
		if got := w.asked(t, "GET", "/_sallyport/logs?"+query, rootKey, rootSecret, nil); got.status != status {
			t.Errorf("%s: %+v", query, got)
		}
	}
	stop(t, w.server)
	var files []string
	must(0, filepath.WalkDir(data, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(path, filepath.Join(data, "logs")) {
			info, err := d.Info()
			if err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s is open to others: %v, %v", path, info.Mode(), err)
			}
			if !d.IsDir() {
				files = append(files, path)
			}
		}
		return err
	}))(t)
	if len(files) != 1 {
		t.Errorf("the files of access logs: %v", files)
	}
}

func TestAnAccessLogIsFollowedUntilTheServerEnds(t *testing.T) {
	w := start(t, config.Config{}, nil)
	path := w.limitedREST(t)
	w.send(t, "GET", path, "", "User-Agent", "before")
	ctx, stopFollowing := context.WithCancel(t.Context())
	defer stopFollowing()
	request := must(http.NewRequestWithContext(ctx, "GET", w.url+"/_sallyport/logs?follow=true&lines=1&group="+petsLog, nil))(t)
	response := must(http.DefaultTransport.RoundTrip(request))(t)
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for _, agent := range []string{"before", "after", "later"} {
		if agent != "before" {
			w.send(t, "GET", path, "", "User-Agent", agent)
		}
		if !lines.Scan() || !strings.Contains(lines.Text(), `"agent":"`+agent+`"`) {
			t.Fatalf("%q, %v, want the request of %s", lines.Text(), lines.Err(), agent)
		}
	}
	if got := w.send(t, "POST", "/_sallyport/reset", ""); got.status != 204 {
		t.Fatalf("%+v", got)
	}
	if got := w.send(t, "GET", "/_sallyport/logs", ""); !strings.HasPrefix(got.body, `{"groups":[],`) {
		t.Errorf("after a reset: %+v", got)
	}
	stop(t, w.server)
	if lines.Scan() {
		t.Errorf("after the end: %q", lines.Text())
	}
}
