package template

import (
	"context"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/sallyport/sallyport/internal/keyring"
)

// A deployment that the template writes out freezes its API once, as at AWS: what
// changes afterwards, a guard that a route gets for instance, is served by no stage
// until the template has a deployment of another name. Whoever reads the template
// believes otherwise, so the outcome tells it.

// partsNow sums up all that a deployment of an API made now would freeze.
func (d *deploy) partsNow(api string) string {
	var parts []string
	for _, row := range d.rows {
		part := undeployed[row.Type] && (row.Handles["RestApiId"] == api || row.Handles["ApiId"] == api) ||
			row.PhysicalID == api && (row.Type == restAPIType.name || row.Type == httpAPIType.name)
		if !part || !row.live() || d.current(row.LogicalID) != row {
			continue
		}
		text := row.LogicalID + " " + row.Token
		for _, name := range slices.Sorted(maps.Keys(row.Properties)) {
			text += " " + name + " " + row.Properties[name]
		}
		parts = append(parts, text)
	}
	slices.Sort(parts)
	return hex.EncodeToString(d.Keys.MAC(keyring.Templates, parts...))
}

// staleDeployments tells of each deployment that a stage serves and that is older
// than what the template says of its API.
func (d *deploy) staleDeployments(ctx context.Context) (stale []Problem) {
	for _, id := range d.order {
		r, row := d.resources[id], d.current(id)
		if r.kind != deploymentType && r.kind != httpDeploymentType || row.Frozen == "" || len(r.follows) > 0 {
			continue
		}
		api := row.Handles["RestApiId"] + row.Handles["ApiId"] // it has one of them
		if stage := d.servedBy(ctx, row); stage != "" && row.Frozen != d.partsNow(api) {
			stale = append(stale, Problem{d.file, r.at, "stage " + stage + " serves the API as it was when " + id +
				" was made, and what the template says of it now is something else: as at AWS, only a deployment of another name takes it up"})
		}
	}
	return stale
}

// servedBy is a stage that serves a deployment, "" if none does.
func (d *deploy) servedBy(ctx context.Context, deployment *resourceRow) string {
	if name := deployment.Handles["StageName"]; name != "" {
		return name
	}
	for _, id := range d.order {
		r := d.resources[id]
		if r.kind != stageType && r.kind != httpStageType {
			continue
		}
		served := d.evaluate(ctx, &report{file: d.file}, r.properties).get("DeploymentId")
		if served.scalar() && served.text == deployment.PhysicalID {
			return d.current(id).PhysicalID
		}
	}
	return ""
}
