package gateway

// httpStage is what a stage of an HTTP API has beside what all stages have.
type httpStage struct{}

// compileHTTP makes the routes of a stage of an HTTP API. d is nil where nothing
// was deployed.
func (g *Gateway) compileHTTP(s *stage, row *Stage, d *HTTPDefinition) {
	s.http = &httpStage{}
}

// route finds what answers a request, or why nothing does.
func (h *httpStage) route(*exchange) (*denial, string) {
	return denyUnknownRoute, "no route has this path"
}
