package restapi

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/gateway/accesslog"
	"github.com/sallyport/sallyport/internal/gateway/throttle"
)

// What a stage says of its methods where it says nothing.
const (
	usualRate     = 10000
	usualBurst    = 5000
	usualCacheTTL = 300
)

func methodSettingsShape(s *gateway.Stage) map[string]types.MethodSetting {
	all := map[string]types.MethodSetting{}
	for key, m := range s.Settings {
		if m.Written != "" {
			key = m.Written
		}
		all[key] = types.MethodSetting{
			ThrottlingRateLimit: valueOr(m.RateLimit, usualRate), ThrottlingBurstLimit: valueOr(m.BurstLimit, usualBurst),
			LoggingLevel: optional(m.LoggingLevel), DataTraceEnabled: aws.ToBool(m.DataTrace), MetricsEnabled: aws.ToBool(m.Metrics),
			CachingEnabled: aws.ToBool(m.CachingEnabled), CacheTtlInSeconds: valueOr(m.CacheTTLSeconds, usualCacheTTL),
			CacheDataEncrypted: aws.ToBool(m.CacheEncrypted), RequireAuthorizationForCacheControl: valueOr(m.RequireAuthCache, true),
			UnauthorizedCacheControlHeaderStrategy: types.UnauthorizedCacheControlHeaderStrategySucceedWithResponseHeader,
		}
		if m.UnauthorizedWay != "" {
			setting := all[key]
			setting.UnauthorizedCacheControlHeaderStrategy = types.UnauthorizedCacheControlHeaderStrategy(m.UnauthorizedWay)
			all[key] = setting
		}
	}
	return all
}

func valueOr[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

func accessLogShape(l *gateway.AccessLog) *types.AccessLogSettings {
	if l == nil {
		return nil
	}
	return &types.AccessLogSettings{DestinationArn: optional(l.DestinationARN), Format: optional(l.Format)}
}

// checkAccessLog holds the settings to a log group and a format that can be written.
func checkAccessLog(call *access.Call, l *gateway.AccessLog) error {
	if l == nil {
		return nil
	}
	if err := accesslog.Check(accesslog.REST, l.DestinationARN, l.Format, call.Account, call.Region); err != nil {
		return badRequest("%s", err)
	}
	return nil
}

func stagePatch(s *gateway.Stage, settings *settingsPatch) patch {
	setVariable := func(k, v string) error {
		if err := gateway.CheckVariables(map[string]string{k: v}); err != nil {
			return err
		}
		setEntry(&s.Variables, k, v)
		return nil
	}
	logTo := func(set func(*gateway.AccessLog, string)) func(string, string) error {
		return func(_, v string) error {
			if s.AccessLog == nil {
				s.AccessLog = &gateway.AccessLog{}
			}
			if set(s.AccessLog, v); *s.AccessLog == (gateway.AccessLog{}) {
				s.AccessLog = nil
			}
			return nil
		}
	}
	setDestination := logTo(func(l *gateway.AccessLog, v string) { l.DestinationARN = strings.TrimSuffix(v, ":*") })
	setFormat := logTo(func(l *gateway.AccessLog, v string) { l.Format = v })
	return append(patch{
		{path: "/description", replace: setText(&s.Description)},
		{path: "/deploymentId", replace: setText(&s.DeploymentID)},
		{path: "/variables/*", replace: setVariable, add: setVariable, remove: func(k, _ string) error {
			if _, there := s.Variables[k]; !there {
				return notFound("Invalid stage variable name specified")
			}
			delete(s.Variables, k)
			return nil
		}},
		{path: "/accessLogSettings/destinationArn", add: setDestination, replace: setDestination},
		{path: "/accessLogSettings/format", add: setFormat, replace: setFormat},
		{path: "/accessLogSettings", remove: func(string, string) error { s.AccessLog = nil; return nil }},
		off("/tracingEnabled", "X-Ray tracing (tracingEnabled)"),
		off("/cacheClusterEnabled", "A cache cluster (cacheClusterEnabled)"),
		notYet("/cacheClusterSize", "A cache cluster (cacheClusterSize)"),
		notYet("/clientCertificateId", "A client certificate (clientCertificateId)"),
		notYet("/documentationVersion", "A documentation version (documentationVersion)"),
		notYet("/canarySettings", "A canary (canarySettings)"),
		notYet("/canarySettings/*", "A canary (canarySettings)"),
	}, settings.patch()...)
}

// settingsPatch changes what a stage says of its methods, and notes of which.
type settingsPatch struct {
	stage   *gateway.Stage
	touched []string // keys of Stage.Settings
}

// patch: the keys are those of the paths, {resource}/{VERB} with ~1 for slashes.
func (p *settingsPatch) patch() patch {
	of := func(path string, set func(m *gateway.MethodSettings, v string) error) patchable {
		return patchable{path: ofMethod + path, replace: func(key, v string) error { return set(p.settings(key), v) }}
	}
	flag := func(path string, to func(m *gateway.MethodSettings) **bool) patchable {
		return of(path, func(m *gateway.MethodSettings, v string) error {
			on, err := strconv.ParseBool(v)
			if err != nil {
				return badRequest("Invalid value for %s: must be true or false", path[1:])
			}
			*to(m) = &on
			return nil
		})
	}
	return patch{
		of("/throttling/rateLimit", func(m *gateway.MethodSettings, v string) error {
			rate, err := throttle.ParseRate(v)
			if err != nil {
				return badRequest("%s", err)
			}
			m.RateLimit = &rate
			return nil
		}),
		of("/throttling/burstLimit", func(m *gateway.MethodSettings, v string) error {
			burst, err := throttle.ParseBurst(v)
			if err != nil {
				return badRequest("%s", err)
			}
			m.BurstLimit = &burst
			return nil
		}),
		of("/logging/loglevel", func(m *gateway.MethodSettings, v string) error {
			if !slices.Contains([]string{"OFF", "ERROR", "INFO"}, v) {
				return badRequest("Invalid logging level specified: must be one of OFF, ERROR, INFO")
			}
			m.LoggingLevel = v
			return nil
		}),
		flag("/logging/dataTrace", func(m *gateway.MethodSettings) **bool { return &m.DataTrace }),
		flag("/metrics/enabled", func(m *gateway.MethodSettings) **bool { return &m.Metrics }),
		of("/caching/enabled", func(m *gateway.MethodSettings, v string) error {
			if v != "false" {
				return unsupported("Caching of answers (caching/enabled)")
			}
			m.CachingEnabled = aws.Bool(false)
			return nil
		}),
		// With caching off, the rest of it says nothing; it is kept for those who read it back.
		of("/caching/ttlInSeconds", func(m *gateway.MethodSettings, v string) error {
			n, err := strconv.ParseInt(v, 10, 32)
			if err != nil || n < 0 || n > 3600 {
				return badRequest("Invalid cache TTL specified: must be between 0 and 3600 seconds")
			}
			m.CacheTTLSeconds = aws.Int32(int32(n))
			return nil
		}),
		flag("/caching/dataEncrypted", func(m *gateway.MethodSettings) **bool { return &m.CacheEncrypted }),
		flag("/caching/requireAuthorizationForCacheControl", func(m *gateway.MethodSettings) **bool { return &m.RequireAuthCache }),
		of("/caching/unauthorizedCacheControlHeaderStrategy", func(m *gateway.MethodSettings, v string) error {
			if !slices.Contains(types.UnauthorizedCacheControlHeaderStrategy("").Values(), types.UnauthorizedCacheControlHeaderStrategy(v)) {
				return badRequest("Invalid strategy for unauthorized cache control headers specified: %s", v)
			}
			m.UnauthorizedWay = v
			return nil
		}),
		{path: ofMethod, remove: func(key, _ string) error {
			if _, there := p.stage.Settings[settingsKey(key)]; !there {
				return notFound("Invalid method setting path: /" + key)
			}
			delete(p.stage.Settings, settingsKey(key))
			return nil
		}},
	}
}

// settingsKey is the key of what a path says of a method. The first slash of the
// resource's path may be left out, and the others may stand as they are.
func settingsKey(key string) string {
	if key == gateway.AllMethods {
		return key
	}
	i := strings.LastIndexByte(key, '/')
	path := strings.NewReplacer("~1", "/", "~0", "~").Replace(key[:i])
	return gateway.SettingsKey("/"+strings.TrimPrefix(path, "/"), key[i+1:])
}

// settings are those of the methods that the key of a path names. They are shown
// under the key with which they were first set, as AWS does.
func (p *settingsPatch) settings(written string) *gateway.MethodSettings {
	key := settingsKey(written)
	if p.stage.Settings[key] == nil {
		setEntry(&p.stage.Settings, key, &gateway.MethodSettings{Written: written})
	}
	if !slices.Contains(p.touched, key) {
		p.touched = append(p.touched, key)
	}
	return p.stage.Settings[key]
}

// check wants a method for what is said of one: a limit that holds for nothing
// would be believed to hold.
func (p *settingsPatch) check(d *gateway.Definition) error {
	known := []string{gateway.AllMethods}
	for _, r := range d.Resources {
		for verb := range r.Methods {
			known = append(known, gateway.SettingsKey(r.Path, verb))
			if verb != gateway.AnyVerb {
				continue
			}
			for _, v := range gateway.Verbs() {
				known = append(known, gateway.SettingsKey(r.Path, v))
			}
		}
	}
	for _, key := range p.touched {
		if p.stage.Settings[key] != nil && !slices.Contains(known, key) {
			return badRequest("Invalid method setting path: /%s. The stage's deployment has no such method", key)
		}
	}
	return nil
}
