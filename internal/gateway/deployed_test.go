package gateway_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

// redefine changes what a stage serves behind the control plane's back.
func (a *api) redefine(stage string, change func(d *gateway.Definition)) {
	a.t.Helper()
	must(a.t, a.db.Write(a.t.Context(), func(tx *store.Tx) error {
		row, err := gateway.Stages.Update(a.t.Context(), tx, func(s *gateway.Stage) error { s.Updated++; return nil }, a.id, stage)
		if err != nil {
			return err
		}
		_, err = gateway.Deployments.Update(a.t.Context(), tx, func(d *gateway.Deployment) error {
			change(&d.Definition)
			return nil
		}, a.id, row.DeploymentID)
		return err
	}))
}

func expectReply(t testing.TB, name string, got reply, status int, body string) {
	t.Helper()
	if got.status != status || body != "" && got.body != body {
		t.Errorf("%s: %d %s, want %d %s", name, got.status, got.body, status, body)
	}
}
