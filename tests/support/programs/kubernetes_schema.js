// SPDX-License-Identifier: MIT
'use strict';
// Each object of a JSON list in a file against the schema of the Kubernetes API, of which
// the package kubernetes-models is made. Prints a JSON list of what is wrong.
const fs = require('node:fs');

const wrong = JSON.parse(fs.readFileSync(process.argv[2])).flatMap((object) => {
	const { apiVersion, kind } = object;
	const models = require(`kubernetes-models/${apiVersion}/${kind}`);
	try {
		new models[kind](object).validate();
		return [];
	} catch (error) {
		return [`${kind} ${object.metadata && object.metadata.name}: ${error.message}`];
	}
});
console.log(JSON.stringify(wrong));
