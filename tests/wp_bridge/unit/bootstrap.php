<?php

/**
 * Loads the bridge's classes from the source tree; no WordPress here.
 */

declare(strict_types=1);

const BRIDGE = __DIR__ . '/../../../wp_bridge';
const VECTORS = __DIR__ . '/../../vectors';

spl_autoload_register(static function (string $class): void {
	$own = 'Keydesk\\Bridge\\';
	$path = BRIDGE . '/src/' . str_replace('\\', '/', substr($class, strlen($own))) . '.php';
	if (strpos($class, $own) === 0 && is_file($path)) {
		require_once $path;
	}
});

/** @return array<string, array<int, array<string, mixed>>> cases of a vector file, as phpunit wants them */
function vectors(string $family): array
{
	$file = json_decode((string) file_get_contents(VECTORS . '/' . $family . '.json'), true);
	$cases = array();
	foreach ($file['cases'] as $case) {
		$cases[$case['id']] = array($case['input'], $case['expect']);
	}
	return $cases;
}
