package gateway

import (
	"context"
	"strings"

	"github.com/sallyport/sallyport/internal/gateway/throttle"
)

// throttleRequest is the last step before an integration: a token of the
// method's bucket and of the account's, or 429.
//
// It stands after the steps that decide who may call, as AWS has it for usage
// plans. The buckets are shared by all callers: were they asked first, anybody
// without a key could use up what others have paid for, and answer them with
// 429. What a refused caller costs is the check of a token or a signature, which
// is bounded, and an authorizer's function has its cache and its own limits.
func throttleRequest(_ context.Context, g *Gateway, x *exchange) verdict {
	if refusedBy := x.method.limitOf(x.verb).Take(g.clock.Now()); refusedBy != nil {
		return denied(denyThrottled, refusedBy.Reason())
	}
	return passed("")
}

// SettingsKey is the key, in a REST API's Stage.Settings, of one method.
func SettingsKey(path, verb string) string {
	return strings.ReplaceAll(path, "/", "~1") + "/" + verb
}

// The keys of what a stage says of all its methods or routes.
const (
	AllMethods = "*/*" // of a REST API
	AllRoutes  = ""    // of an HTTP API
)

// Throttling is what the settings say of it.
func (m *MethodSettings) Throttling() throttle.Setting {
	if m == nil {
		return throttle.Setting{}
	}
	return throttle.Setting{Rate: m.RateLimit, Burst: m.BurstLimit}
}

// CheckThrottling holds settings to numbers that can be limits. The burst may be
// given without the rate, and the other way around: the one that is not given is
// the stage's, or else the account's.
func (m *MethodSettings) CheckThrottling() error {
	if err := m.Throttling().Check(); err != nil {
		return mistake("%s", err.Error())
	}
	return nil
}

// throttleSettings says, by their keys, how many requests the methods or routes
// of a stage may have. A method's own setting takes the place of the stage's,
// number by number; one of ANY stands for every verb that has none of its own.
func throttleSettings(row *Stage, d *Definition) map[string]throttle.Setting {
	all := map[string]throttle.Setting{}
	if row.HTTP {
		if d.HTTP == nil {
			return all
		}
		byDefault := row.Settings[AllRoutes].Throttling()
		for _, r := range d.HTTP.Routes {
			all[r.Key] = over(row.Settings[r.Key].Throttling(), byDefault)
		}
		return all
	}
	byDefault := row.Settings[AllMethods].Throttling()
	for _, r := range d.Resources {
		for verb := range r.Methods {
			own := over(row.Settings[SettingsKey(r.Path, verb)].Throttling(), byDefault)
			all[verb+" "+r.Path] = own
			if verb != AnyVerb {
				continue
			}
			for _, v := range verbs {
				if s := row.Settings[SettingsKey(r.Path, v)]; s != nil && r.Methods[v] == nil {
					all[v+" "+r.Path] = over(s.Throttling(), own)
				}
			}
		}
	}
	return all
}

// over is s, with what it does not say taken from below.
func over(s, below throttle.Setting) throttle.Setting {
	if s.Rate == nil {
		s.Rate = below.Rate
	}
	if s.Burst == nil {
		s.Burst = below.Burst
	}
	return s
}

// limitBy gives a method the buckets of its key and, where it is ANY, of those of
// its verbs that have their own.
func (m *method) limitBy(s *throttle.Stage, answers []string) {
	m.limit = s.Chain(m.key)
	if m.resource == nil || len(answers) == 1 {
		return
	}
	for _, verb := range answers {
		if name := verb + " " + m.resource.template; s.Has(name) {
			if m.limits == nil {
				m.limits = map[string]throttle.Chain{}
			}
			m.limits[verb] = s.Chain(name)
		}
	}
}

// limitOf is what a request of the verb must pass.
func (m *method) limitOf(verb string) throttle.Chain {
	if own, ok := m.limits[verb]; ok {
		return own
	}
	return m.limit
}
