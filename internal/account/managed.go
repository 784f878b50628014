package account

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base32"
	"encoding/json"
	"time"

	"github.com/sallyport/sallyport/internal/policy"
)

// managed.json holds the policies of AWS's own that templates commonly name,
// each with what AWS's page of it says. ReadOnlyAccess is limited to the
// services that are here.
//
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
//
//go:embed managed.json
var managedJSON []byte

// awsManaged are those policies by ARN, compiled in awsCompiled.
var (
	awsManaged  = readManaged(managedJSON)
	awsCompiled = compileManaged(awsManaged)
)

func readManaged(table []byte) map[string]*managedPolicy {
	var list []struct {
		Path, Name, Description string
		Document                json.RawMessage
	}
	if err := json.Unmarshal(table, &list); err != nil {
		panic("account: managed.json: " + err.Error())
	}
	since := time.Date(2015, 2, 6, 18, 40, 0, 0, time.UTC) // when AWS's first ones appeared
	all := make(map[string]*managedPolicy, len(list))
	for _, p := range list {
		arn := "arn:aws:iam::aws:policy" + p.Path + p.Name
		sum := sha256.Sum256([]byte(arn))
		all[arn] = &managedPolicy{
			ARN: arn, ID: "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17], Name: p.Name, Path: p.Path, Description: p.Description,
			Created: since, Updated: since, Default: 1, Next: 2, Versions: []policyVersion{{1, string(p.Document), since}},
		}
	}
	return all
}

func compileManaged(all map[string]*managedPolicy) map[string]*policy.Policy {
	compiled := make(map[string]*policy.Policy, len(all))
	for arn, p := range all {
		compiled[arn] = policy.MustParse(policy.Managed, p.text())
	}
	return compiled
}
