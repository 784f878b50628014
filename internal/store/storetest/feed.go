package storetest
var feedTests []contract
