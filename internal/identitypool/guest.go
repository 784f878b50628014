package identitypool

// What guests may do at most in the enhanced flow, whatever their role allows:
// the session gets this policy and AWS's managed one beside it, and may do what
// the role and either of them allow. Authenticated identities and the basic flow
// have none.
//
// https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html
const (
	guestManagedPolicy = "arn:aws:iam::aws:policy/AmazonCognitoUnAuthedIdentitiesSessionPolicy"

	guestPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[` +
		`"cloudwatch:*","logs:*","dynamodb:*","kinesis:*","mobileanalytics:*","s3:*","ses:*","sns:*","sqs:*","lambda:*",` +
		`"machinelearning:*","execute-api:*","iot:*","gamelift:*","scs:*","cognito-identity:*","cognito-idp:*","lex:*",` +
		`"cognito-sync:*","appsync:*","codewhisperer:GenerateRecommendations"` +
		`],"Resource":"*"}]}`
)
