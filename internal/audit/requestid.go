package audit

import "context"

type requestIDKey struct{}

// WithRequestID gives ctx the id of the request under way, the one value that
// a context carries: log lines far from the request find it there.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID is the id of the request under way, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
