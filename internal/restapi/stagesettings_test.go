package restapi_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/gateway"
)

func (a *api) updateStage(operations ...types.PatchOperation) (*apigateway.UpdateStageOutput, error) {
	return a.client.UpdateStage(a.t.Context(), &apigateway.UpdateStageInput{RestApiId: &a.id, StageName: aws.String("prod"), PatchOperations: operations})
}

// usual are the settings of a method of which one thing was said.
func usual(change func(*types.MethodSetting)) types.MethodSetting {
	s := types.MethodSetting{
		ThrottlingRateLimit: 10000, ThrottlingBurstLimit: 5000, CacheTtlInSeconds: 300,
		RequireAuthorizationForCacheControl:    true,
		UnauthorizedCacheControlHeaderStrategy: types.UnauthorizedCacheControlHeaderStrategySucceedWithResponseHeader,
	}
	change(&s)
	return s
}

func same(a, b types.MethodSetting) bool {
	la, lb := aws.ToString(a.LoggingLevel), aws.ToString(b.LoggingLevel)
	a.LoggingLevel, b.LoggingLevel = nil, nil
	return a == b && la == lb
}

func TestWhatAStageSaysOfItsMethods(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/")
	a.open("GET", "/pets/{id}")
	a.open("ANY", "/any")
	a.deploy("prod")
	for _, c := range []struct {
		path, value, shown, key string
		want                    types.MethodSetting
	}{
		{"/*/*/throttling/rateLimit", "12.5", "*/*", "*/*", usual(func(s *types.MethodSetting) { s.ThrottlingRateLimit = 12.5 })},
		{"/~1pets~1{id}/GET/throttling/burstLimit", "7", "~1pets~1{id}/GET", "~1pets~1{id}/GET", usual(func(s *types.MethodSetting) { s.ThrottlingBurstLimit = 7 })},
		{"/~1/GET/logging/loglevel", "INFO", "~1/GET", "~1/GET", usual(func(s *types.MethodSetting) { s.LoggingLevel = aws.String("INFO") })},
		{"/any/PUT/logging/dataTrace", "true", "any/PUT", "~1any/PUT", usual(func(s *types.MethodSetting) { s.DataTraceEnabled = true })},
		{"/~1any/ANY/metrics/enabled", "true", "~1any/ANY", "~1any/ANY", usual(func(s *types.MethodSetting) { s.MetricsEnabled = true })},
		{"/~1any/ANY/caching/enabled", "false", "~1any/ANY", "~1any/ANY", usual(func(s *types.MethodSetting) { s.MetricsEnabled = true })},
		{"/~1any/ANY/caching/ttlInSeconds", "60", "~1any/ANY", "~1any/ANY", usual(func(s *types.MethodSetting) { s.MetricsEnabled, s.CacheTtlInSeconds = true, 60 })},
	} {
		out, err := a.updateStage(replace(c.path, c.value)...)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		if got := out.MethodSettings[c.shown]; !same(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.path, out.MethodSettings, c.want)
		}
		row, err := gateway.Stages.Get(t.Context(), w.db, a.id, "prod")
		must(t, err)
		if row.Settings[c.key] == nil {
			t.Errorf("%s: the data plane does not find it: %+v", c.path, row.Settings)
		}
	}
	out, err := a.updateStage(types.PatchOperation{Op: types.OpRemove, Path: aws.String("/~1any/ANY")}, types.PatchOperation{Op: types.OpRemove, Path: aws.String("/*/*")})
	must(t, err)
	if len(out.MethodSettings) != 3 {
		t.Errorf("%+v", out.MethodSettings)
	}
	// One limit for all, and it limits.
	_, err = a.updateStage(append(replace("/*/*/throttling/rateLimit", "0"), replace("/*/*/throttling/burstLimit", "0")...)...)
	must(t, err)
	if got := a.status("GET", "/prod/any"); got != 429 {
		t.Errorf("%d", got)
	}
}

func TestBadSettingsOfAStage(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/pets")
	a.deploy("prod")
	for _, c := range []struct{ path, value, code, message string }{
		{"/~1pets/GET/throttling/rateLimit", "many", "BadRequestException", "Invalid throttling rate limit"},
		{"/~1pets/GET/throttling/rateLimit", "-2", "BadRequestException", "Invalid throttling rate limit"},
		{"/~1pets/GET/throttling/rateLimit", "NaN", "BadRequestException", "Invalid throttling rate limit"},
		{"/~1pets/GET/throttling/burstLimit", "1.5", "BadRequestException", "Invalid throttling burst limit"},
		{"/~1pets/POST/throttling/rateLimit", "1", "BadRequestException", "Invalid method setting path: /~1pets/POST"},
		{"/~1nothing/GET/throttling/rateLimit", "1", "BadRequestException", "Invalid method setting path: /~1nothing/GET"},
		{"/~1pets/*/throttling/rateLimit", "1", "BadRequestException", "Invalid method setting path: /~1pets/*"},
		{"/~1pets/get/throttling/rateLimit", "1", "BadRequestException", "Invalid method setting path: /~1pets/get"},
		{"/throttling/rateLimit", "1", "BadRequestException", "Invalid patch path  '/throttling/rateLimit' specified for op 'replace'. Must be one of: ["},
		{"/~1pets/GET/throttling/other", "1", "BadRequestException", "Must be one of: [/accessLogSettings/destinationArn, "},
		{"/~1pets/GET/logging/loglevel", "DEBUG", "BadRequestException", "Invalid logging level specified"},
		{"/~1pets/GET/logging/dataTrace", "maybe", "BadRequestException", "must be true or false"},
		{"/~1pets/GET/caching/enabled", "true", "BadRequestException", "Caching of answers (caching/enabled) is not supported by Sallyport yet"},
		{"/cacheClusterEnabled", "true", "BadRequestException", "is not supported by Sallyport yet"},
		{"/cacheClusterSize", "0.5", "BadRequestException", "is not supported by Sallyport yet"},
		{"/clientCertificateId", "abc", "BadRequestException", "is not supported by Sallyport yet"},
		{"/canarySettings/percentTraffic", "10", "BadRequestException", "is not supported by Sallyport yet"},
		{"/tracingEnabled", "true", "BadRequestException", "is not supported by Sallyport yet"},
		{"/accessLogSettings/destinationArn", "arn:aws:firehose:eu-west-1:000000000000:deliverystream/amazon-apigateway-x", "BadRequestException", "is not supported by Sallyport yet"},
		{"/accessLogSettings/destinationArn", "arn:aws:logs:eu-west-1:111111111111:log-group:x", "BadRequestException", "of the account and the region"},
		{"/accessLogSettings/destinationArn", "../../etc/passwd", "BadRequestException", "Invalid access log destination"},
		{"/accessLogSettings/format", "$context.requestId $context.nothing", "BadRequestException", "The following context variables are not supported: [$context.nothing]"},
		{"/accessLogSettings/format", "$context.status", "BadRequestException", "must include $context.requestId"},
		{"/deploymentId", "none99", "NotFoundException", "Invalid Deployment identifier specified"},
		{"/variables/a-b", "x", "BadRequestException", "Invalid stage variable name"},
	} {
		_, err := a.updateStage(replace(c.path, c.value)...)
		expectError(t, err, c.code, c.message)
	}
	stage, err := w.client.GetStage(t.Context(), &apigateway.GetStageInput{RestApiId: &a.id, StageName: aws.String("prod")})
	must(t, err)
	if len(stage.MethodSettings) != 0 || stage.AccessLogSettings != nil {
		t.Errorf("something was kept: %+v", stage)
	}
	_, err = a.updateStage(types.PatchOperation{Op: types.OpRemove, Path: aws.String("/~1pets/GET")})
	expectError(t, err, "NotFoundException", "Invalid method setting path: /~1pets/GET")
}

func TestAccessLogsOfAStage(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/")
	a.deploy("prod")
	out, err := a.updateStage(append(replace("/accessLogSettings/destinationArn", logGroup+":*"), replace("/accessLogSettings/format", `{"id":"$context.requestId"}`)...)...)
	must(t, err)
	if l := out.AccessLogSettings; l == nil || *l.DestinationArn != logGroup || *l.Format != `{"id":"$context.requestId"}` {
		t.Errorf("%+v", l)
	}
	out, err = a.updateStage(types.PatchOperation{Op: types.OpRemove, Path: aws.String("/accessLogSettings")})
	must(t, err)
	if out.AccessLogSettings != nil {
		t.Errorf("%+v", out.AccessLogSettings)
	}
}

func TestFlushingCounts(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/")
	a.deploy("prod")
	for range 2 {
		_, err := w.client.FlushStageAuthorizersCache(t.Context(), &apigateway.FlushStageAuthorizersCacheInput{RestApiId: &a.id, StageName: aws.String("prod")})
		must(t, err)
	}
	row, err := gateway.Stages.Get(t.Context(), w.db, a.id, "prod")
	must(t, err)
	if row.Flushes != 2 {
		t.Errorf("%d flushes", row.Flushes)
	}
}
