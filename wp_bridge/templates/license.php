<?php

/**
 * The license: what it is on this site, or the form that brings it here.
 */

defined('ABSPATH') || exit;

$moved = $view['state'] === 'site_changed';
if ($view['shared']) {
	$view['show']('license-shared', $view);
	return;
}
$part = $view['open'] ? 'license-enter' : ($moved ? 'license-moved' : 'license-held');
$view['show']($part, $view);
