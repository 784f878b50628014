package template

import "slices"

// triggers are the moments for which a user pool names a function by its ARN
// alone, in the words of AWS::Cognito::UserPool and of SAM's Cognito events.
var triggers = []string{
	"CreateAuthChallenge", "CustomMessage", "DefineAuthChallenge", "PostAuthentication", "PostConfirmation",
	"PreAuthentication", "PreSignUp", "PreTokenGeneration", "UserMigration", "VerifyAuthChallengeResponse",
}

// lambdaConfig is the shape of a pool's triggers. A function with a version of
// its event is named together with it.
var lambdaConfig = func() shape {
	versioned := records(fields{"LambdaArn": str.must(), "LambdaVersion": str.must()})
	f := fields{
		"PreTokenGenerationConfig": versioned, "CustomEmailSender": versioned, "CustomSMSSender": versioned, "KMSKeyID": str,
		"InboundFederation": unsupported("nobody signs in by other providers"),
	}
	for _, t := range triggers {
		f[t] = str
	}
	return records(f)
}()

var samTriggerFields = fields{
	"UserPool": shape{kind: document, required: true},
	"Trigger":  shape{kind: document, required: true, early: true},
}

// poolEvent makes a function a trigger of a pool of this template: it is named in
// the pool's LambdaConfig, and the pool, alone, may call it.
func (l *loader) poolEvent(d *declaration, e field, p *node) {
	if p == nil || p.kind != mapping {
		l.problem(e.at, "event %q needs Properties with UserPool and Trigger", e.name)
		return
	}
	before := len(l.problems)
	checkFields(l.report, p, samTriggerFields, "event "+e.name)
	if len(l.problems) > before {
		return
	}
	ref, trigger := p.get("UserPool"), p.get("Trigger")
	var pool *resource
	if ref.kind == function && ref.text == "Ref" {
		pool = l.resources[ref.argument().text]
	}
	if pool == nil || pool.kind != userPoolType {
		l.problem(ref.at, "UserPool of event %q must be a Ref to a resource of type %s", e.name, userPoolType.name)
		return
	}
	moments := []*node{trigger}
	if trigger.kind == list {
		moments = trigger.items
	}
	if len(moments) == 0 {
		l.problem(trigger.at, "Trigger of event %q is empty", e.name)
	}
	for _, moment := range moments {
		l.trigger(d, pool, moment)
	}
	l.permitPool(d.id, pool.id, e.at)
}

// permitPool lets a pool call a function. The permission stands apart from both,
// and has the name that SAM gives it: it knows the pool, the pool knows the
// function, and the function need know neither. A function whose own properties
// name its pool is a circle, here as there; what it may do to the pool goes into a
// policy beside its role.
func (l *loader) permitPool(of, pool string, at Position) {
	id := of + "CognitoPermission"
	if made := l.resources[id]; made != nil && made.label != pool { // SAM has one name for all pools of a function
		id += pool
	}
	if made := l.resources[id]; made != nil && made.label == pool {
		return
	}
	l.add(&resource{
		id: id, kind: permissionType, at: at, label: pool,
		properties: newMapping(at, "Action", newText(at, "lambda:InvokeFunction"), "Principal", newText(at, "cognito-idp.amazonaws.com"),
			"FunctionName", newRef(at, of), "SourceArn", newGetAtt(at, pool, "Arn")),
	})
	for _, r := range l.resources { // the pool runs its triggers for these, too
		if home := r.properties.get("UserPoolId"); r.kind == userPoolUserType && home != nil && home.kind == function && home.text == "Ref" && home.argument().text == pool {
			r.needs = append(r.needs, id)
		}
	}
}

// trigger adds the function to the pool's LambdaConfig.
func (l *loader) trigger(d *declaration, pool *resource, moment *node) {
	if !moment.scalar() || !slices.Contains(triggers, moment.text) {
		l.problem(moment.at, "Trigger cannot be %q; supported: %s", moment.text, names(triggers))
		return
	}
	config := &node{kind: mapping, at: moment.at}
	if given := pool.properties.get("LambdaConfig"); given != nil {
		if given.kind != mapping { // reported already, or known too late to add to it
			l.problem(given.at, "LambdaConfig must be a mapping, because event triggers are added to it")
			return
		}
		config = given
	}
	if config.get(moment.text) != nil || moment.is("PreTokenGeneration") && config.get("PreTokenGenerationConfig") != nil {
		l.problem(moment.at, "%s already has a function for the trigger %s", pool.id, moment.text)
		return
	}
	c := *config
	c.fields = append(slices.Clone(c.fields), field{moment.text, moment.at, newGetAtt(moment.at, d.id, "Arn")})
	p := *pool.properties
	p.fields = slices.DeleteFunc(slices.Clone(p.fields), func(f field) bool { return f.name == "LambdaConfig" })
	p.fields = append(p.fields, field{"LambdaConfig", c.at, &c})
	pool.properties = &p
}
