package gateway

import (
	"log/slog"
	"strings"

	"github.com/sallyport/sallyport/internal/gateway/accesslog"
)

// CheckAccessLog holds the access log of a stage to what can be written: AWS's
// variables of the kind of API in one line, and a log group of the account in the
// API's region. A stage of which only one of the two is said writes none.
func CheckAccessLog(l *AccessLog, http bool, account, region string) error {
	if l == nil {
		return nil
	}
	if err := accesslog.Check(accessLogKind(http), l.DestinationARN, l.Format, account, region); err != nil {
		return mistake("%s", err.Error())
	}
	return nil
}

func accessLogKind(http bool) accesslog.API {
	if http {
		return accesslog.HTTP
	}
	return accesslog.REST
}

// compileLog is nil for a stage that keeps no access log.
func (g *Gateway) compileLog(row *Stage) *accesslog.Log {
	l := row.AccessLog
	if l == nil || l.DestinationARN == "" || l.Format == "" || g.accessLogs == nil {
		return nil
	}
	format, err := accesslog.Compile(l.Format, accessLogKind(row.HTTP))
	group, wrong := accesslog.ParseDestination(l.DestinationARN, g.account, row.Region)
	if err == nil {
		err = wrong
	}
	if err != nil { // it was checked when it was set
		g.logger.Warn("a stage's access log cannot be written", slog.String("api", row.APIID), slog.String("stage", row.Name), slog.Any("error", err))
		return nil
	}
	return accesslog.NewLog(format, g.accessLogs.Group(group))
}

// logged is a variable as an access log may show it: an authorizer's function may
// repeat the token that it was asked about, and a log is no place for one.
func (x *exchange) logged(name string) (text string, ok bool) {
	text, ok = x.variable(name)
	if x.grant == nil || !strings.HasPrefix(name, "authorizer.") {
		return text, ok
	}
	text = without(text, x.r.Header["Authorization"])
	if f := x.method.guard.lambda; f != nil {
		var room [4]string
		values, _ := f.identify(x, room[:0])
		text = without(text, values)
	}
	return text, ok
}
