// SPDX-License-Identifier: MIT
// The search: every section that has all of the words, headings first. The index is
// loaded with the first key, or on the page of results.
"use strict";

const root = document.currentScript.dataset.root;
const MOST = 30;

function loadIndex() {
	return new Promise((resolve) => {
		if (typeof SEARCH_INDEX !== "undefined") {
			resolve();
			return;
		}
		const script = document.createElement("script");
		script.src = root + "search-index.js";
		script.onload = resolve;
		document.head.append(script);
	});
}

// 0: not all of the words are there.
function scoreOf([, title, heading, text], words) {
	let score = 0;
	for (const word of words) {
		const inHeading = heading.toLowerCase().includes(word);
		if (inHeading)
			score += heading.toLowerCase().split(/[^\w.-]+/).includes(word) ? 20 : 10;
		else if (title.toLowerCase().includes(word))
			score += 5;
		else if (text.toLowerCase().includes(word))
			score += 1;
		else
			return 0;
	}
	return score;
}

function find(query) {
	const words = query.toLowerCase().split(/\s+/).filter(Boolean);
	if (words.length === 0)
		return [];
	return SEARCH_INDEX
		.map((entry) => ({ entry, score: scoreOf(entry, words) }))
		.filter(({ score }) => score > 0)
		.sort((a, b) => b.score - a.score)
		.slice(0, MOST)
		.map(({ entry }) => ({ entry, excerpt: excerptOf(entry[3], words[0]) }));
}

function excerptOf(text, word) {
	const at = Math.max(text.toLowerCase().indexOf(word) - 50, 0);
	const start = at > 0 ? text.indexOf(" ", at) + 1 : 0;
	return (start > 0 ? "… " : "") + text.slice(start, start + 150);
}

function element(name, text) {
	const made = document.createElement(name);
	made.textContent = text;
	return made;
}

function show(query, place) {
	const found = find(query);
	const list = document.createElement("ul");
	for (const { entry: [url, title, heading], excerpt } of found) {
		const link = element("a", heading === title ? title : `${title}: ${heading}`);
		const item = document.createElement("li");
		link.href = root + url;
		item.append(link, element("p", excerpt));
		list.append(item);
	}
	place.replaceChildren(found.length > 0 ? list : element("p", "Nothing was found."));
	place.hidden = query.trim() === "";
}

function begin() {
	const form = document.querySelector("form.search");
	const input = form.querySelector("input");
	const results = form.querySelector(".results");
	const page = document.getElementById("found");

	form.hidden = false;
	document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest" });
	input.addEventListener("input", async () => {
		await loadIndex();
		show(input.value, results);
	});
	document.addEventListener("keydown", (event) => {
		if (event.key === "Escape")
			results.hidden = true;
		if (event.key === "/" && document.activeElement !== input) {
			event.preventDefault();
			input.focus();
		}
	});
	document.addEventListener("click", (event) => {
		if (!form.contains(event.target))
			results.hidden = true;
	});
	if (page) {
		input.value = new URLSearchParams(location.search).get("q") || "";
		loadIndex().then(() => show(input.value, page));
	}
}

begin();
