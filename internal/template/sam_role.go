package template

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ofAWS is where AWS's own managed policies are, in every region.
const ofAWS = "arn:aws:iam::aws:policy/"

// serviceRoles are AWS's policies that SAM knows by name and that are not
// directly under policy/.
var serviceRoles = []string{
	"AWSLambdaBasicExecutionRole", "AWSLambdaDynamoDBExecutionRole", "AWSLambdaENIManagementAccess", "AWSLambdaKinesisExecutionRole",
	"AWSLambdaMSKExecutionRole", "AWSLambdaRole", "AWSLambdaSQSQueueExecutionRole", "AWSLambdaVPCAccessExecutionRole",
	"AmazonAPIGatewayPushToCloudWatchLogs",
}

const roleWithoutEffect = "%s of %s has no effect, because its Role is given; as in SAM"

// functionRole makes the role of a function that names none, as SAM does, and
// gives back its ARN.
func (l *loader) functionRole(d *declaration) *node {
	p, id := d.resource.properties, roleID(d.id)
	managed, inline := l.policies(id, p.get("Policies"))
	standard := []*node{newText(p.at, managedARN("AWSLambdaBasicExecutionRole"))}
	if tracing := p.get("Tracing"); tracing.is("Active") || tracing.is("PassThrough") {
		standard = append(standard, newText(p.at, managedARN("AWSXRayDaemonWriteAccess")))
	}
	for _, arn := range managed {
		if !slices.ContainsFunc(standard, func(n *node) bool { return n.scalar() && same(n, arn) }) {
			standard = append(standard, arn)
		}
	}
	trust := p.get("AssumeRolePolicyDocument")
	if trust == nil {
		word := func(s string) *node { return newText(p.at, s) }
		trust = newMapping(p.at, "Version", word("2012-10-17"), "Statement", newList(p.at, newMapping(p.at,
			"Action", newList(p.at, word("sts:AssumeRole")), "Effect", word("Allow"),
			"Principal", newMapping(p.at, "Service", newList(p.at, word("lambda.amazonaws.com"))))))
	}
	var policies *node
	if len(inline) > 0 {
		policies = newList(p.get("Policies").at, inline...)
	}
	r := resource{id: id, kind: roleType, at: d.at, retain: d.resource.retain, keepOld: d.resource.keepOld}
	r.properties = newMapping(p.at,
		"AssumeRolePolicyDocument", trust, "ManagedPolicyArns", newList(p.at, standard...), "Policies", policies,
		"Path", p.get("RolePath"), "PermissionsBoundary", p.get("PermissionsBoundary"),
		"Tags", newList(p.at, newMapping(p.at, "Key", newText(p.at, "lambda:createdBy"), "Value", newText(p.at, "SAM"))))
	checkFields(l.report, r.properties, roleType.properties, "the role of "+d.id)
	l.add(&r)
	return newGetAtt(p.at, id, "Arn")
}

// givenRole tells which properties are about a role that SAM does not make.
func (l *loader) givenRole(d *declaration) {
	for _, f := range d.resource.properties.fields {
		switch f.name {
		case "Policies", "AssumeRolePolicyDocument", "RolePath", "PermissionsBoundary":
			if l.globals["Function"].get(f.name) == nil { // those are for the other functions
				l.note(f.at, roleWithoutEffect, f.name, d.id)
			}
		}
	}
}

func roleID(function string) string { return function + "Role" }

// givesRole says whether a function's Role is there, before it is evaluated.
func (l *loader) givesRole(n *node) bool {
	for n != nil && n.kind == function && n.text == "Fn::If" && len(n.argument().items) == 3 && n.argument().items[0].kind == text {
		choice := n.argument().items
		if l.env.holds(choice[0].at, choice[0].text) {
			n = choice[1]
		} else {
			n = choice[2]
		}
	}
	return n != nil && !(n.kind == function && n.text == "Ref" && n.argument().is("AWS::NoValue"))
}

var policyName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,128}$`)

// policies are what Policies of a function means: ARNs of managed policies, and
// inline ones named after the role and their place.
func (l *loader) policies(role string, n *node) (managed, inline []*node) {
	if n == nil {
		return nil, nil
	}
	items := []*node{n}
	if n.kind == list {
		items = n.items
	}
	for i, item := range items {
		document := item
		switch {
		case item.kind == function: // an ARN that is not known yet
			managed = append(managed, item)
			continue
		case item.scalar() && strings.HasPrefix(item.text, "arn:"):
			managed = append(managed, item)
			continue
		case item.scalar() && policyName.MatchString(item.text):
			managed = append(managed, newText(item.at, managedARN(item.text)))
			continue
		case item.kind == mapping && item.get("Statement") != nil:
		case item.kind == mapping && len(item.fields) == 1:
			if document = l.fillIn(item.fields[0]); document == nil {
				continue
			}
		case item.kind == unusable:
			continue
		default:
			l.problem(item.at, "an entry of Policies is the name or ARN of a managed policy, a policy with Statement, or one of SAM's policy templates")
			continue
		}
		inline = append(inline, newMapping(item.at, "PolicyName", newText(item.at, role+"Policy"+strconv.Itoa(i)), "PolicyDocument", document))
	}
	return managed, inline
}

func managedARN(name string) string {
	if slices.Contains(serviceRoles, name) {
		return ofAWS + "service-role/" + name
	}
	return ofAWS + name
}
