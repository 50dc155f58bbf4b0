<?php

/**
 * Loads the bridge's classes from the source tree; no WordPress here.
 */

declare(strict_types=1);

use Keydesk\Bridge\Client\Keys;
use Keydesk\Bridge\Client\Lease;
use Keydesk\Bridge\Client\Revocations;
use Keydesk\Bridge\Site\Environment;

const BRIDGE = __DIR__ . '/../../../wp_bridge';
const VECTORS = __DIR__ . '/../../vectors';

spl_autoload_register(static function (string $class): void {
	$own = 'Keydesk\\Bridge\\';
	$path = BRIDGE . '/src/' . str_replace('\\', '/', substr($class, strlen($own))) . '.php';
	if (strpos($class, $own) === 0 && is_file($path)) {
		require_once $path;
	}
});

/**
 * @param array<int, string> $has what this PHP has of what a case may need
 * @return array<string, array<int, array<string, mixed>>> cases of a vector file, as phpunit wants them
 */
function vectors(string $family, array $has = array()): array
{
	$file = json_decode((string) file_get_contents(VECTORS . '/' . $family . '.json'), true);
	$cases = array();
	foreach ($file['cases'] as $case) {
		if (array_diff($case['needs'] ?? array(), $has) === array()) {
			$cases[$case['id']] = array($case['input'], $case['expect']);
		}
	}
	return $cases;
}

/** The lease of a shared case, judged with the list that the case holds. */
function shared_lease(array $input): Lease
{
	$list = isset($input['list']) ? shared_list($input, 0)->claims() : array();
	$list += array('leases' => array(), 'kids' => array(), 'iat' => PHP_INT_MAX);
	return Lease::read((string) $input['lease'], new Keys($input['trusted']), array(
		'tenant' => $input['tenant'],
		'product' => $input['product'],
		'activation' => $input['activation'],
		'site' => $input['site'],
		'network' => $input['network_main'] === null ? array() : array($input['network_main']),
		'environment' => $input['own_environment'],
		'uncounted' => Environment::isUncounted($input['site']),
		'revoked' => array_merge($input['revoked'], $list['leases']),
		'revoked_at' => $list['iat'],
		'revoked_kids' => array_merge($input['revoked_kids'], $list['kids']),
		'stored' => $input['stored'],
	), $input['now']);
}

function shared_list(array $input, int $heldSerial): Revocations
{
	$keys = new Keys($input['trusted']);
	return Revocations::read($input['list'], $keys, $input['tenant'], $input['product'], $heldSerial);
}
