package template

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/sallyport/sallyport/internal/keyring"
)

// followsProperty stands for all that a deployment freezes. It changes when any
// of that does, and a deployment is then made anew.
const followsProperty = "Follows"

// apply brings one resource in line. Whatever it needs is in line already.
func (d *deploy) apply(ctx context.Context, r *resource) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	properties, err := d.resolve(ctx, r)
	if err != nil {
		return err
	}
	prints, err := d.fingerprints(r, properties)
	if err != nil {
		return err
	}
	w := &work{deploy: d, resource: r, properties: properties, row: d.current(r.id)}
	if w.row == nil {
		if err := d.create(ctx, w, prints, nil); err != nil {
			return err
		}
		d.changes = append(d.changes, Change{LogicalID: r.id, Type: r.kind.name, Label: r.label, Action: Created})
		return nil
	}
	w.changed = differences(w.row.Properties, prints)
	changed := slices.Sorted(maps.Keys(w.changed))
	switch {
	case w.row.Type != r.kind.name || w.mustReplace():
		old := w.row
		if old.KeepOld != r.keepOld { // what the template says now is what counts
			old.KeepOld = r.keepOld
			if err := d.save(ctx, old); err != nil {
				return err
			}
		}
		if !old.KeepOld {
			if err := d.keepAccounts(ctx, old); err != nil {
				return fmt.Errorf("a change of %s needs a new resource: %w", names(changed), err)
			}
		}
		if err := d.create(ctx, w, prints, old); err != nil {
			return err
		}
		d.changes = append(d.changes, Change{LogicalID: r.id, Type: r.kind.name, Label: r.label, Action: Replaced, Properties: changed})
		return nil
	case len(changed) > 0 || w.row.Status == UpdateInProgress:
		// Noted first: an update that fails may have been made in part.
		d.changes = append(d.changes, Change{LogicalID: r.id, Type: r.kind.name, Label: r.label, Action: Updated, Properties: changed})
		return d.update(ctx, w, prints, changed)
	}
	if w.row.Retain != r.retain || w.row.KeepOld != r.keepOld {
		w.row.Retain, w.row.KeepOld = r.retain, r.keepOld
		return d.save(ctx, w.row)
	}
	return nil
}

func (w *work) mustReplace() bool {
	if len(w.changed) == 0 {
		return false
	}
	for name := range w.changed {
		if w.resource.kind.update == nil || w.resource.kind.properties[name].fixed {
			return true
		}
	}
	return false
}

// resolve evaluates what was left for now, and checks it once more.
func (d *deploy) resolve(ctx context.Context, r *resource) (map[string]any, error) {
	rep := &report{file: d.file}
	properties := d.evaluate(ctx, rep, r.properties)
	for _, f := range properties.fields {
		if f.value.kind == function {
			rep.problem(f.at, "%s cannot be evaluated", f.name)
			continue
		}
		check(rep, f.value, r.kind.properties[f.name], f.name)
	}
	if err := rep.err(); err != nil {
		return nil, err
	}
	plain := plainFields(properties, r.kind.properties)
	if r.code != nil {
		plain[codeHash] = d.code[r.id].sha256
		delete(plain, "Code")
	}
	if len(r.follows) > 0 {
		plain[followsProperty] = d.frozen(r.follows)
	}
	return plain, nil
}

// evaluate finishes an expression with the attributes of what has been made.
func (d *deploy) evaluate(ctx context.Context, rep *report, n *node) *node {
	e := *d.env
	e.report, e.steps, e.produced = rep, 0, 0
	e.attribute = func(id, name string) (*node, error) {
		row := d.current(id)
		if row == nil {
			return nil, fmt.Errorf("%s has not been made", id)
		}
		if name == "" {
			return newText(Position{}, row.PhysicalID), nil
		}
		if v, ok := row.Attributes[name]; ok {
			return newText(Position{}, v), nil
		}
		kind := types[row.Type]
		if kind.read == nil || !slices.Contains(kind.attributes, name) {
			return nil, fmt.Errorf("%s has no attribute %s", id, name)
		}
		v, err := kind.read(ctx, &work{deploy: d, row: row}, name)
		if err != nil {
			return nil, err
		}
		return &node{kind: text, text: v, secret: true}, nil
	}
	return e.eval(n)
}

// fingerprints are keyed hashes of the properties: enough to see what has
// changed, and useless to whoever reads the database.
func (d *deploy) fingerprints(r *resource, properties map[string]any) (map[string]string, error) {
	prints := make(map[string]string, len(properties))
	for name, v := range properties {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		prints[name] = hex.EncodeToString(d.Keys.MAC(keyring.Templates, d.stack, r.id, name, string(b)))
	}
	return prints, nil
}

// frozen sums up resources by what they are made of and which one each is.
func (d *deploy) frozen(ids []string) string {
	var parts []string
	for _, id := range ids {
		row := d.current(id)
		parts = append(parts, id, row.Token)
		for _, name := range slices.Sorted(maps.Keys(row.Properties)) {
			parts = append(parts, name, row.Properties[name])
		}
	}
	return hex.EncodeToString(d.Keys.MAC(keyring.Templates, parts...))
}

func differences(a, b map[string]string) map[string]bool {
	changed := map[string]bool{}
	for name, v := range a {
		if b[name] != v {
			changed[name] = true
		}
	}
	for name, v := range b {
		if a[name] != v {
			changed[name] = true
		}
	}
	return changed
}

// create makes a resource, in place of old if that is not nil. The row is
// written before and after, so that nothing made is ever unknown.
func (d *deploy) create(ctx context.Context, w *work, prints map[string]string, old *resourceRow) error {
	r := w.resource
	token, err := d.token()
	if err != nil {
		return err
	}
	w.row = &resourceRow{
		Stack: d.stack, Token: token, LogicalID: r.id, Type: r.kind.name, Status: CreateInProgress, Retain: r.retain, KeepOld: r.keepOld, Label: r.label,
		Lookup: map[string]string{}, Attributes: map[string]string{}, Handles: map[string]string{},
	}
	for name, v := range w.properties {
		if s, ok := v.(string); ok && slices.Contains(r.kind.identity, name) {
			w.row.Lookup[name] = s
		}
	}
	d.tell(r, CreateInProgress, "")
	if err := d.make(ctx, w, prints, old); err != nil {
		d.tell(r, CreateFailed, err.Error())
		return err
	}
	d.tell(r, CreateComplete, "")
	return nil
}

func (d *deploy) make(ctx context.Context, w *work, prints map[string]string, old *resourceRow) error {
	kind := w.resource.kind
	if err := d.nameIsFree(ctx, w, old); err != nil {
		return err
	}
	// What a stage serves was frozen by its deployment: these are seen by nobody.
	switch kind {
	case apiResourceType:
		if err := d.removePaths(ctx, w.text("RestApiId")); err != nil {
			return err
		}
	case deploymentType:
		if err := d.removeUndeployed(ctx, w.text("RestApiId")); err != nil {
			return err
		}
	case httpDeploymentType:
		if err := d.removeUndeployed(ctx, w.text("ApiId")); err != nil {
			return err
		}
	}
	d.seq++
	w.row.Seq, w.row.StartedAt = d.seq, d.Clock.Now().UnixMilli()
	if err := d.save(ctx, w.row); err != nil {
		return err
	}
	d.made = append(d.made, w.row)
	if err := kind.create(ctx, w); err != nil {
		return err
	}
	if kind == deploymentType || kind == httpDeploymentType {
		w.row.Frozen = d.partsNow(w.text("RestApiId") + w.text("ApiId")) // it has one of them
	}
	w.row.Status, w.row.Properties = CreateComplete, prints
	return d.save(ctx, w.row)
}

// nameIsFree refuses to take over something that somebody else has made.
func (d *deploy) nameIsFree(ctx context.Context, w *work, old *resourceRow) error {
	if !w.resource.kind.unique {
		return nil
	}
	probe := *w.row
	taken, err := w.resource.kind.find(ctx, &work{deploy: d, properties: w.properties, row: &probe, anybodys: true})
	switch {
	case err != nil:
		return err
	case !taken:
		return nil
	case old != nil && old.PhysicalID == probe.PhysicalID:
		return errors.New("this change needs a new resource, and the old one has the same name: change the name too, or remove the resource first")
	}
	for _, row := range d.rows {
		if row.live() && row.Type == w.row.Type && row.PhysicalID == probe.PhysicalID && maps.Equal(row.Handles, probe.Handles) {
			return fmt.Errorf("%s of this stack has that name already: change the name too, or remove %[1]s from the template and deploy first", row.LogicalID)
		}
	}
	return errors.New("something of that name exists already and was not made by this stack: choose another name or remove it")
}

func (d *deploy) update(ctx context.Context, w *work, prints map[string]string, changed []string) error {
	reason := ""
	if len(changed) > 0 {
		reason = names(changed)
	}
	if len(changed) == 0 { // an update that was interrupted: do all of it again
		for name := range w.properties {
			w.changed[name] = true
		}
	}
	d.tell(w.resource, UpdateInProgress, reason)
	err := d.doUpdate(ctx, w, prints)
	if err != nil {
		d.tell(w.resource, UpdateFailed, err.Error())
		return err
	}
	d.tell(w.resource, UpdateComplete, reason)
	return nil
}

func (d *deploy) doUpdate(ctx context.Context, w *work, prints map[string]string) error {
	d.seq++
	w.row.Status, w.row.Seq = UpdateInProgress, d.seq
	if err := d.save(ctx, w.row); err != nil {
		return err
	}
	if err := w.resource.kind.update(ctx, w); err != nil {
		return err
	}
	w.row.Status, w.row.Properties = UpdateComplete, prints
	w.row.Retain, w.row.KeepOld = w.resource.retain, w.resource.keepOld
	return d.save(ctx, w.row)
}
