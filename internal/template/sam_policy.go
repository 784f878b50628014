package template

import (
	"maps"
	"slices"
	"strings"
)

// policyTemplate is one of SAM's policies with blanks: what is allowed on what.
// In a resource @ stands for this region and account, {Name} for a parameter.
//
// See https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html.
type policyTemplate []grant

type grant struct {
	actions   string // of one service, the service before the first
	resources []string
}

var (
	onTable     = []string{"dynamodb:@:table/{TableName}", "dynamodb:@:table/{TableName}/index/*"}
	onBucket    = []string{"s3:::{BucketName}", "s3:::{BucketName}/*"}
	onAnything  = []string{"*"}
	onQueue     = []string{"sqs:@:{QueueName}"}
	onTopic     = []string{"sns:@:{TopicName}"}
	onKey       = []string{"kms:@:key/{KeyId}"}
	readBucket  = "s3:GetObject ListBucket GetBucketLocation GetObjectVersion GetLifecycleConfiguration"
	writeBucket = " PutObject PutObjectAcl PutLifecycleConfiguration"
)

var policyTemplates = map[string]policyTemplate{
	"AWSSecretsManagerGetSecretValuePolicy": {{"secretsmanager:GetSecretValue", []string{"{SecretArn}"}}},
	"CloudFormationDescribeStacksPolicy":    {{"cloudformation:DescribeStacks", []string{"cloudformation:@:stack/*"}}},
	"CloudWatchDescribeAlarmHistoryPolicy":  {{"cloudwatch:DescribeAlarmHistory", onAnything}},
	"CloudWatchPutMetricPolicy":             {{"cloudwatch:PutMetricData", onAnything}},
	"DynamoDBCrudPolicy":                    {{"dynamodb:GetItem DeleteItem PutItem Scan Query UpdateItem BatchWriteItem BatchGetItem DescribeTable ConditionCheckItem", onTable}},
	"DynamoDBReadPolicy":                    {{"dynamodb:GetItem Scan Query BatchGetItem DescribeTable", onTable}},
	"DynamoDBStreamReadPolicy": {
		{"dynamodb:DescribeStream GetRecords GetShardIterator", []string{"dynamodb:@:table/{TableName}/stream/{StreamName}"}},
		{"dynamodb:ListStreams", []string{"dynamodb:@:table/{TableName}/stream/*"}},
	},
	"DynamoDBWritePolicy":        {{"dynamodb:PutItem UpdateItem BatchWriteItem", onTable}},
	"EC2DescribePolicy":          {{"ec2:DescribeRegions DescribeInstances", onAnything}},
	"EventBridgePutEventsPolicy": {{"events:PutEvents", []string{"events:@:event-bus/{EventBusName}"}}},
	"FilterLogEventsPolicy":      {{"logs:FilterLogEvents", []string{"logs:@:log-group:{LogGroupName}:log-stream:*"}}},
	"KMSDecryptPolicy":           {{"kms:Decrypt", onKey}},
	"KMSEncryptPolicy":           {{"kms:Encrypt", onKey}},
	"KinesisStreamReadPolicy": {
		{"kinesis:ListStreams DescribeLimits", []string{"kinesis:@:stream/*"}},
		{"kinesis:DescribeStream DescribeStreamSummary GetRecords GetShardIterator", []string{"kinesis:@:stream/{StreamName}"}},
	},
	"LambdaInvokePolicy": {{"lambda:InvokeFunction", []string{"lambda:@:function:{FunctionName}*"}}},
	"S3CrudPolicy":       {{readBucket + writeBucket + " DeleteObject", onBucket}},
	"S3ReadPolicy":       {{readBucket, onBucket}},
	"S3WritePolicy":      {{"s3:PutObject PutObjectAcl PutLifecycleConfiguration", onBucket}},
	"SESCrudPolicy": {{"ses:GetIdentityVerificationAttributes SendEmail SendRawEmail VerifyEmailIdentity",
		[]string{"ses:@:identity/{IdentityName}"}}},
	"SNSCrudPolicy":           {{"sns:ListSubscriptionsByTopic CreateTopic SetTopicAttributes Subscribe Publish", []string{"sns:@:{TopicName}*"}}},
	"SNSPublishMessagePolicy": {{"sns:Publish", onTopic}},
	"SQSPollerPolicy": {{"sqs:ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch GetQueueAttributes ReceiveMessage",
		onQueue}},
	"SQSSendMessagePolicy": {{"sqs:SendMessage*", onQueue}},
	"SSMParameterReadPolicy": {
		{"ssm:DescribeParameters", onAnything},
		{"ssm:GetParameters GetParameter GetParametersByPath", []string{"ssm:@:parameter/{ParameterName}"}},
	},
	"StepFunctionsExecutionPolicy": {{"states:StartExecution", []string{"states:@:stateMachine:{StateMachineName}"}}},
	"VPCAccessPolicy":              {{"ec2:CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces DetachNetworkInterface", onAnything}},
}

// parameters are the names of a template's blanks.
func (t policyTemplate) parameters() []string {
	found := map[string]bool{}
	for _, g := range t {
		for _, resource := range g.resources {
			for _, part := range strings.Split(resource, "{")[1:] {
				name, _, _ := strings.Cut(part, "}")
				found[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// fillIn makes a policy of one of SAM's templates.
func (l *loader) fillIn(f field) *node {
	t, ok := policyTemplates[f.name]
	if !ok {
		known := slices.Sorted(maps.Keys(policyTemplates))
		l.problem(f.at, "policy template %q is not supported%s%s", f.name, didYouMean(f.name, known), l.supported(known))
		return nil
	}
	before, want := len(l.problems), fields{}
	for _, name := range t.parameters() {
		want[name] = str.must()
	}
	given := f.value
	if given.kind == null {
		given = &node{kind: mapping, at: f.at}
	}
	check(l.report, given, records(want), "policy template "+f.name)
	if len(l.problems) > before {
		return nil
	}
	statements := newList(f.at)
	for _, g := range t {
		service, names, _ := strings.Cut(g.actions, ":")
		actions, resources := newList(f.at), newList(f.at)
		for _, action := range strings.Fields(names) {
			actions.items = append(actions.items, newText(f.at, service+":"+action))
		}
		for _, resource := range g.resources {
			resources.items = append(resources.items, l.env.eval(l.filled(f.at, resource, given)))
		}
		statements.items = append(statements.items, newMapping(f.at, "Effect", newText(f.at, "Allow"), "Action", actions, "Resource", resources))
	}
	return newMapping(f.at, "Statement", statements)
}

func (l *loader) filled(at Position, resource string, values *node) *node {
	if resource != "*" && !strings.HasPrefix(resource, "{") {
		resource = "arn:" + l.partition + ":" + strings.Replace(resource, "@", l.region+":"+l.account, 1)
	}
	before, rest, found := strings.Cut(resource, "{")
	parts := []*node{newText(at, before)}
	for found {
		var name string
		name, rest, _ = strings.Cut(rest, "}")
		parts = append(parts, values.get(name))
		before, rest, found = strings.Cut(rest, "{")
		parts = append(parts, newText(at, before))
	}
	return newJoin(at, parts...)
}
