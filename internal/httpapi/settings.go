package httpapi

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/gateway/throttle"
	"github.com/sallyport/sallyport/internal/store"
)

// allRoutes is where a stage keeps the settings of routes that have none.
const allRoutes = ""

func settingsShape(m *gateway.MethodSettings) *types.RouteSettings {
	if m == nil {
		return &types.RouteSettings{DetailedMetricsEnabled: aws.Bool(false)}
	}
	return &types.RouteSettings{
		DetailedMetricsEnabled: aws.Bool(yes(m.Metrics)), ThrottlingBurstLimit: m.BurstLimit, ThrottlingRateLimit: m.RateLimit,
	}
}

// changeSettings sets what the call names of the settings of all routes and of
// some. What it does not name stays.
func changeSettings(s *gateway.Stage, all *types.RouteSettings, some map[string]types.RouteSettings) error {
	settings := maps.Clone(s.Settings)
	if settings == nil {
		settings = map[string]*gateway.MethodSettings{}
	}
	set := func(key string, given types.RouteSettings) error {
		if yes(given.DataTraceEnabled) || given.LoggingLevel != "" && given.LoggingLevel != types.LoggingLevelOff {
			return badRequest("Execution logs are not supported on protocolType HTTP")
		}
		m := gateway.MethodSettings{}
		if before := settings[key]; before != nil {
			m = *before
		}
		if given.ThrottlingRateLimit != nil {
			m.RateLimit = given.ThrottlingRateLimit
		}
		if given.ThrottlingBurstLimit != nil {
			m.BurstLimit = given.ThrottlingBurstLimit
		}
		if given.DetailedMetricsEnabled != nil {
			m.Metrics = given.DetailedMetricsEnabled
		}
		if err := (throttle.Setting{Rate: m.RateLimit, Burst: m.BurstLimit}).Check(); err != nil {
			return badRequest("%s", err)
		}
		settings[key] = &m
		return nil
	}
	if all != nil {
		if err := set(allRoutes, *all); err != nil {
			return err
		}
	}
	for key, given := range some {
		if err := set(key, given); err != nil {
			return err
		}
	}
	if s.Settings = settings; len(settings) == 0 {
		s.Settings = nil
	}
	return nil
}

// checkRouteKeys wants a route for each key: a setting for a route that is not
// there would be believed to hold something.
func checkRouteKeys(ctx context.Context, tx *store.Tx, api *API, settings map[string]types.RouteSettings) error {
	if len(settings) == 0 {
		return nil
	}
	all, err := routes.List(ctx, tx, ofAPI, api.ID)
	if err != nil {
		return err
	}
	keys := map[string]bool{}
	for _, r := range all {
		keys[r.Key] = true
	}
	for key := range settings {
		if !keys[key] {
			return notFound("Unable to find Route by key %s within the provided RouteSettings", key)
		}
	}
	return nil
}

func (svc *Service) deleteRouteSettings(ctx context.Context, call *access.Call, in *apigatewayv2.DeleteRouteSettingsInput) (*apigatewayv2.DeleteRouteSettingsOutput, error) {
	_, err := svc.changeStage(ctx, call, in.ApiId, in.StageName, func(_ *store.Tx, _ *API, s *gateway.Stage) error {
		key := text(in.RouteKey)
		if s.Settings[key] == nil || key == allRoutes {
			return notFound("Unable to find RouteSettings by key %s", key)
		}
		s.Settings = maps.Clone(s.Settings)
		delete(s.Settings, key)
		return nil
	})
	return &apigatewayv2.DeleteRouteSettingsOutput{}, err
}

func accessLogShape(l *gateway.AccessLog) *types.AccessLogSettings {
	if l == nil {
		return nil
	}
	return &types.AccessLogSettings{DestinationArn: &l.DestinationARN, Format: &l.Format}
}

func accessLogOf(l *types.AccessLogSettings) *gateway.AccessLog {
	if l == nil {
		return nil
	}
	return &gateway.AccessLog{DestinationARN: text(l.DestinationArn), Format: text(l.Format)}
}

// checkAccessLog wants both settings: half of them would be believed to log.
func checkAccessLog(l *gateway.AccessLog, account, region string) error {
	if l != nil && (l.DestinationARN == "" || l.Format == "") {
		return badRequest("Access log settings must have both a destinationArn and a format")
	}
	return gateway.CheckAccessLog(l, true, account, region)
}

func (svc *Service) deleteAccessLogSettings(ctx context.Context, call *access.Call, in *apigatewayv2.DeleteAccessLogSettingsInput) (*apigatewayv2.DeleteAccessLogSettingsOutput, error) {
	_, err := svc.changeStage(ctx, call, in.ApiId, in.StageName, func(_ *store.Tx, _ *API, s *gateway.Stage) error {
		s.AccessLog = nil
		return nil
	})
	return &apigatewayv2.DeleteAccessLogSettingsOutput{}, err
}
