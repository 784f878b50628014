package account

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
)

// GetAccountSummary counts what the account has and may have.
func (s *Service) GetAccountSummary(ctx context.Context, _ *access.Call, _ *iam.GetAccountSummaryInput) (*iam.GetAccountSummaryOutput, error) {
	m := map[string]int32{
		"UsersQuota": int32(quotas[user]), "GroupsQuota": int32(quotas[group]), "RolesQuota": int32(quotas[role]), "PoliciesQuota": maxPolicies,
		"AccessKeysPerUserQuota": maxKeys, "GroupsPerUserQuota": maxGroupsPerUser, "VersionsPerPolicyQuota": maxVersions,
		"AttachedPoliciesPerUserQuota": maxAttached, "AttachedPoliciesPerGroupQuota": maxAttached, "AttachedPoliciesPerRoleQuota": maxAttached,
		"UserPolicySizeQuota": int32(maxInline[user]), "GroupPolicySizeQuota": int32(maxInline[group]), "RolePolicySizeQuota": int32(maxInline[role]),
		"PolicySizeQuota": int32(policy.Limit(policy.Managed)), "AssumeRolePolicySizeQuota": int32(policy.Limit(policy.Trust)),
		"AccountAccessKeysPresent": 1, "AccountPasswordPresent": 0, "AccountMFAEnabled": 0, "MFADevices": 0, "MFADevicesInUse": 0,
		"ServerCertificates": 0, "InstanceProfiles": 0, "AccountSigningCertificatesPresent": 0,
		"GlobalEndpointTokenVersion": 1, "InstanceProfilesQuota": 1000, "PolicyVersionsInUseQuota": 10000,
		"ServerCertificatesQuota": 20, "SigningCertificatesPerUserQuota": 2,
	}
	for kind, plural := range plurals {
		n, err := entities.Count(ctx, s.db, "kind = $1", string(kind))
		if err != nil {
			return nil, err
		}
		m[plural] = int32(n)
	}
	n, err := providers.Count(ctx, s.db, "")
	if err != nil {
		return nil, err
	}
	m["Providers"] = int32(n)
	rows, err := managedPolicies.List(ctx, s.db, "")
	if err != nil {
		return nil, err
	}
	m["Policies"] = int32(len(rows))
	m["PolicyVersionsInUse"] = 0
	for _, p := range rows {
		m["PolicyVersionsInUse"] += int32(len(p.Versions))
	}
	return &iam.GetAccountSummaryOutput{SummaryMap: m}, nil
}
