<?php

/**
 * Takes every trace of the bridge out of the site; the plugin's own uninstall.php requires this file.
 */

declare(strict_types=1);

namespace Keydesk\Bridge;

defined('WP_UNINSTALL_PLUGIN') || exit;

require_once __DIR__ . '/bootstrap.php';
spl_autoload_register(__NAMESPACE__ . '\\load');

(static function (): void {
	$config = new Site\Config((array) require __DIR__ . '/config.php');
	$store = new Site\Store(new Site\Names($config->slug()));
	(new Support\Attachments($store))->erase();
	$store->erase();
})();
