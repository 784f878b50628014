package template

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// everybody has one of each, tied to each other in both directions.
const everybody = `
Parameters:
  Words: {Type: String, Default: "first"}
Resources:
  Staff:
    Type: AWS::IAM::Group
    Properties:
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
      Policies: [{PolicyName: own, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "iam:List*", Resource: "*"}]}}]
  Ann:
    Type: AWS::IAM::User
    Properties:
      UserName: ann
      Groups: [!Ref Staff]
      ManagedPolicyArns: [!Ref Bound]
      PermissionsBoundary: !Ref Bound
      Policies: [{PolicyName: own, PolicyDocument: {Statement: {Effect: Allow, Action: "sts:*", Resource: "*"}}}]
      Tags: [{Key: team, Value: kitchen}]
  Bob: {Type: AWS::IAM::User, Properties: {Path: /bakers/}}
  Both: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: !Ref Staff, Users: [!Ref Bob]}}
  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref Bob}}
  Cook:
    Type: AWS::IAM::Role
    Properties:
      Description: !Ref Words
      Path: /kitchen/
      PermissionsBoundary: !Ref Bound
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: !GetAtt Ann.Arn}, Action: "sts:AssumeRole"}]}
      Policies: [{PolicyName: own, PolicyDocument: {Version: "2012-10-17", Statement: [{Sid: Cook, Effect: Allow, Action: "execute-api:Invoke", Resource: "*"}]}}]
      Tags: [{Key: team, Value: kitchen}]
  Bound:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Path: /limits/
      PolicyDocument: {Version: "2012-10-17", Statement: [{Sid: A, Effect: Allow, Action: "*", Resource: "*"}]}
  Menu:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref Cook]
      Users: [!Ref Bob]
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "execute-api:Invoke", Resource: "*"}]}
  Shared:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: shared
      Roles: [!Ref Cook]
      Users: [!Ref Ann, !Ref Bob]
      Groups: [!Ref Staff]
      PolicyDocument: {Version: "2012-10-17", Statement: [{Sid: Shared, Effect: Deny, Action: "iam:*", Resource: "*"}]}
  One: {Type: AWS::IAM::RolePolicy, Properties: {PolicyName: one, RoleName: !Ref Cook, PolicyDocument: {Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}}}}
  Two: {Type: AWS::IAM::UserPolicy, Properties: {PolicyName: two, UserName: !Ref Ann, PolicyDocument: {Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}}}}
  Three: {Type: AWS::IAM::GroupPolicy, Properties: {PolicyName: three, GroupName: !Ref Staff, PolicyDocument: {Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}}}}
  Issuer: {Type: AWS::IAM::OIDCProvider, Properties: {Url: "https://issuer.example.com/a", ClientIdList: [one, two], ThumbprintList: ["0000000000000000000000000000000000000000"], Tags: [{Key: a, Value: b}]}}
Outputs:
  KeyId: {Value: !Ref Key}
  Secret: {Value: !GetAtt Key.SecretAccessKey}
  Hidden: {Value: !Sub "key=${Key.SecretAccessKey};"}
  Role: {Value: !Ref Cook}
  RoleArn: {Value: !GetAtt Cook.Arn}
  RoleId: {Value: !GetAtt Cook.RoleId}
  User: {Value: !Ref Bob}
  UserArn: {Value: !GetAtt Bob.Arn}
  Group: {Value: !GetAtt Staff.Arn}
  Policy: {Value: !Ref Menu}
  PolicyId: {Value: !GetAtt Bound.PolicyId}
  RolePolicy: {Value: !Ref One}
  Provider: {Value: !Ref Issuer}
`

// details is GetAccountAuthorizationDetails in few words: entity -> what is on it.
func details(t testing.TB, d *Deployer) map[string][]string {
	t.Helper()
	ctx, run := context.Background(), &deploy{Deployer: d}
	all := map[string][]string{}
	users, err := invoke[iam.ListUsersOutput](ctx, run, iamService, "ListUsers", &iam.ListUsersInput{})
	must(t, err)
	for _, u := range users.Users {
		key := "user " + *u.UserName
		all[key] = []string{}
		attached, err := invoke[iam.ListAttachedUserPoliciesOutput](ctx, run, iamService, "ListAttachedUserPolicies", &iam.ListAttachedUserPoliciesInput{UserName: u.UserName})
		must(t, err)
		for _, p := range attached.AttachedPolicies {
			all[key] = append(all[key], *p.PolicyName)
		}
		inline, err := invoke[iam.ListUserPoliciesOutput](ctx, run, iamService, "ListUserPolicies", &iam.ListUserPoliciesInput{UserName: u.UserName})
		must(t, err)
		all[key] = append(all[key], inline.PolicyNames...)
		groups, err := invoke[iam.ListGroupsForUserOutput](ctx, run, iamService, "ListGroupsForUser", &iam.ListGroupsForUserInput{UserName: u.UserName})
		must(t, err)
		for _, g := range groups.Groups {
			all[key] = append(all[key], *g.GroupName)
		}
		keys, err := invoke[iam.ListAccessKeysOutput](ctx, run, iamService, "ListAccessKeys", &iam.ListAccessKeysInput{UserName: u.UserName})
		must(t, err)
		for _, k := range keys.AccessKeyMetadata {
			all[key] = append(all[key], string(k.Status))
		}
	}
	groups, err := invoke[iam.ListGroupsOutput](ctx, run, iamService, "ListGroups", &iam.ListGroupsInput{})
	must(t, err)
	for _, g := range groups.Groups {
		inline, err := invoke[iam.ListGroupPoliciesOutput](ctx, run, iamService, "ListGroupPolicies", &iam.ListGroupPoliciesInput{GroupName: g.GroupName})
		must(t, err)
		all["group "+*g.GroupName] = inline.PolicyNames
	}
	roles, err := invoke[iam.ListRolesOutput](ctx, run, iamService, "ListRoles", &iam.ListRolesInput{})
	must(t, err)
	for _, r := range roles.Roles {
		role := describeRole(t, d, *r.RoleName)
		all["role "+role.name] = role.attached
		for name := range role.inline {
			all["role "+role.name] = append(all["role "+role.name], name)
		}
		slices.Sort(all["role "+role.name])
	}
	policies, err := invoke[iam.ListPoliciesOutput](ctx, run, iamService, "ListPolicies", &iam.ListPoliciesInput{Scope: "Local"})
	must(t, err)
	for _, p := range policies.Policies {
		all["policy "+*p.PolicyName] = []string{*p.DefaultVersionId}
	}
	providers, err := invoke[iam.ListOpenIDConnectProvidersOutput](ctx, run, iamService, "ListOpenIDConnectProviders", &iam.ListOpenIDConnectProvidersInput{})
	must(t, err)
	for _, p := range providers.OpenIDConnectProviderList {
		all["provider "+*p.Arn] = nil
	}
	return all
}

func outputsOf(o *Outcome) map[string]string {
	all := map[string]string{}
	for _, out := range o.Outputs {
		all[out.Name] = out.Value
	}
	return all
}

func TestIdentitiesComeAsTheTemplateSaysAndGo(t *testing.T) {
	d, _ := services(t)
	o := deployed(t, d, everybody)
	out, have := outputsOf(o), details(t, d)
	staff, menu, bound := rowOf(t, d, "Staff").PhysicalID, out["Policy"], rowOf(t, d, "Bound").PhysicalID
	name := func(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
	want := map[string][]string{
		"user ann":             {name(bound), "own", "shared", "two", staff},
		"user " + out["User"]:  {name(menu), "shared", staff, "Active"},
		"group " + staff:       {"own", "shared", "three"},
		"role " + out["Role"]:  {menu, "one", "own", "shared"},
		"policy " + name(menu): {"v1"}, "policy " + name(bound): {"v1"},
		"provider arn:aws:iam::000000000000:oidc-provider/issuer.example.com/a": nil,
	}
	if got, want := fmt.Sprint(have), fmt.Sprint(want); got != want {
		t.Errorf("there is\n  %s\nwant\n  %s", got, want)
	}
	for output, want := range map[string]string{
		"RoleArn": "arn:aws:iam::000000000000:role/kitchen/" + out["Role"], "UserArn": "arn:aws:iam::000000000000:user/bakers/" + out["User"],
		"Group": "arn:aws:iam::000000000000:group/" + staff, "RolePolicy": "one|" + out["Role"], "Provider": "arn:aws:iam::000000000000:oidc-provider/issuer.example.com/a",
	} {
		if out[output] != want {
			t.Errorf("%s is %s; want %s", output, out[output], want)
		}
	}
	for output, prefix := range map[string]string{"KeyId": "AKIA", "RoleId": "AROA", "PolicyId": "ANPA", "User": "sallyport-Bob-"} {
		if !strings.HasPrefix(out[output], prefix) {
			t.Errorf("%s is %s", output, out[output])
		}
	}
	if r := describeRole(t, d, out["Role"]); r.boundary != bound || r.path != "/kitchen/" || r.tags["team"] != "kitchen" {
		t.Errorf("the role is %+v", r)
	}
	if again := deployed(t, d, everybody); len(again.Changes) > 0 || outputsOf(again)["Secret"] != out["Secret"] {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
	left := deployed(t, d, "Resources: {Other: {Type: AWS::Cognito::UserPool}}")
	if have := details(t, d); len(have) > 0 || len(left.Left) > 0 {
		t.Errorf("left behind: %v, %v", have, left.Left)
	}
}

func TestAnAccessKeysSecretIsGivenOutByGetAttAlone(t *testing.T) {
	d, _ := services(t)
	var events []Event
	d.Progress = func(e Event) { events = append(events, e) }
	o := deployed(t, d, everybody)
	secret := outputsOf(o)["Secret"]
	if len(secret) != 40 {
		t.Fatalf("the secret has %d characters", len(secret))
	}
	for _, out := range o.Outputs {
		if strings.Contains(out.Value, secret) && !out.Secret {
			t.Errorf("output %s is not marked as a secret", out.Name)
		}
	}
	rows, err := resourceTable.List(context.Background(), d.Store, "")
	must(t, err)
	for _, row := range rows {
		if text, err := json.Marshal(row); err != nil || strings.Contains(string(text), secret) {
			t.Errorf("the row of %s holds the secret, or %v", row.LogicalID, err)
		}
	}
	if text := fmt.Sprintf("%+v", events); strings.Contains(text, secret) {
		t.Error("an event holds the secret")
	}
	// A row's secret opens under no other row.
	key, other := rowOf(t, d, "Key"), *rowOf(t, d, "Key")
	other.Token = strings.Repeat("0", 32)
	if _, err := readAccessKey(context.Background(), &work{deploy: &deploy{Deployer: d}, row: &other}, "SecretAccessKey"); err == nil || len(key.Secret) == 0 {
		t.Error("a secret that was moved to another row opens")
	}
	if got := refusals(t, strings.Replace(everybody, "!Sub \"key=", "!Sub \"${Key.Secret}key=", 1), nil); len(got) != 1 || !strings.Contains(got[0], `has no attribute "Secret"`) {
		t.Errorf("refusals %q", got)
	}
}

func TestChangesOfIdentities(t *testing.T) {
	tests := []struct {
		name, from, to string
		want           []string // changes, in order
	}{
		{"a role's description", "Description: !Ref Words", "Description: other", []string{"Cook updated"}},
		{"a role's description goes", "      Description: !Ref Words\n", "", []string{"Cook updated"}},
		{"a role's boundary goes", "      Path: /kitchen/\n      PermissionsBoundary: !Ref Bound\n", "      Path: /kitchen/\n", []string{"Cook updated"}},
		{"a role's trust", "AWS: !GetAtt Ann.Arn", "Service: lambda.amazonaws.com", []string{"Cook updated"}},
		{"a role's policy has another name", "PolicyName: own, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Sid: Cook", "PolicyName: mine, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Sid: Cook", []string{"Cook updated"}},
		{"a role's path", "Path: /kitchen/", "Path: /bar/", []string{"Cook replaced", "Menu updated", "One replaced", "Shared updated"}},
		{"a user's path", "Path: /bakers/", "Path: /waiters/", []string{"Bob updated"}},
		{"a user leaves a group", "      Groups: [!Ref Staff]\n      ManagedPolicyArns: [!Ref Bound]\n", "      ManagedPolicyArns: [!Ref Bound]\n", []string{"Ann updated"}},
		{"a user's tags", "Tags: [{Key: team, Value: kitchen}]\n  Bob", "Tags: [{Key: Team, Value: bar}, {Key: b, Value: c}]\n  Bob", []string{"Ann updated"}},
		{"a user's name", "UserName: ann", "UserName: anna", []string{"Ann replaced", "Cook updated", "Shared updated", "Two replaced"}},
		{"a managed policy's text", "Sid: A,", "Sid: B,", []string{"Bound updated"}},
		{"a managed policy's path", "Path: /limits/", "Path: /bounds/", []string{"Bound replaced", "Ann updated", "Cook updated"}},
		{"who has a managed policy", "      Users: [!Ref Bob]\n", "      Groups: [!Ref Staff]\n", []string{"Menu updated"}},
		{"who has a policy", "Users: [!Ref Ann, !Ref Bob]", "Users: [!Ref Ann]", []string{"Shared updated"}},
		{"a policy's name", "PolicyName: shared", "PolicyName: common", []string{"Shared updated"}},
		{"a policy on a role is replaced", "PolicyName: one", "PolicyName: uno", []string{"One replaced"}},
		{"a key is put out of use", "UserName: !Ref Bob}", "UserName: !Ref Bob, Status: Inactive}", []string{"Key updated"}},
		{"a key is changed for another", "UserName: !Ref Bob}", "UserName: !Ref Bob, Serial: 2}", []string{"Key replaced"}},
		{"who is in a group", "Users: [!Ref Bob]}}", "Users: [!Ref Ann]}}", []string{"Both updated"}},
		{"a provider's clients", "ClientIdList: [one, two]", "ClientIdList: [two, three]", []string{"Issuer updated"}},
		{"a provider's address", "example.com/a", "example.com/b", []string{"Issuer replaced"}},
		{"a policy goes", "  Three: {", "  Threw: {", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, _ := services(t)
			deployed(t, d, everybody)
			source := changed(t, everybody, test.from, test.to)
			o := deployed(t, d, source)
			var got []string
			for _, c := range o.Changes {
				got = append(got, c.LogicalID+" "+string(c.Action))
			}
			want := test.want
			slices.Sort(got)
			slices.Sort(want)
			if test.want != nil && !slices.Equal(got, want) {
				t.Errorf("changes %v; want %v", got, want)
			}
			if len(o.Left) > 0 {
				t.Errorf("left %v", o.Left)
			}
			after := details(t, d)
			if again := deployed(t, d, source); len(again.Changes) > 0 {
				t.Errorf("a second deploy changes %+v", again.Changes)
			}
			// What has become of it is what it would have been from the start.
			fresh, _ := services(t)
			deployed(t, fresh, source)
			if got, want := sizes(after), sizes(details(t, fresh)); got != want {
				t.Errorf("there is\n  %s\nand made afresh\n  %s", got, want)
			}
			deployed(t, d, "Resources: {Other: {Type: AWS::Cognito::UserPool}}")
			if have := details(t, d); len(have) > 0 {
				t.Errorf("left behind: %v", have)
			}
		})
	}
}

// sizes is details without the names that are made up.
func sizes(all map[string][]string) string {
	var lines []string
	for key, on := range all {
		kind, _, _ := strings.Cut(key, " ")
		if kind == "policy" {
			on = on[:0] // versions
		}
		lines = append(lines, fmt.Sprintf("%s with %d", kind, len(on)))
	}
	slices.Sort(lines)
	return strings.Join(lines, ", ")
}

func TestAManagedPolicyCanBeChangedAnyNumberOfTimes(t *testing.T) {
	d, _ := services(t)
	for i := range 8 {
		deployed(t, d, changed(t, everybody, "Sid: A,", fmt.Sprintf("Sid: A%d,", i)))
	}
	versions, err := invoke[iam.ListPolicyVersionsOutput](context.Background(), &deploy{Deployer: d}, iamService, "ListPolicyVersions",
		&iam.ListPolicyVersionsInput{PolicyArn: aws.String(rowOf(t, d, "Bound").PhysicalID)})
	must(t, err)
	if len(versions.Versions) != 5 || *versions.Versions[0].VersionId != "v8" || !versions.Versions[0].IsDefaultVersion {
		t.Errorf("versions %+v", versions.Versions)
	}
}
