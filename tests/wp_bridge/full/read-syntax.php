<?php

/**
 * Reads every file of its arguments with this PHP's own parser; says as JSON which it cannot read, and why.
 */

$faults = array();
foreach (array_slice($argv, 1) as $file) {
	try {
		token_get_all((string) file_get_contents($file), TOKEN_PARSE);
	} catch (ParseError $fault) {
		$faults[$file] = 'line ' . $fault->getLine() . ': ' . $fault->getMessage();
	}
}
echo json_encode(array('version' => PHP_VERSION, 'read' => count($argv) - 1, 'faults' => (object) $faults));
