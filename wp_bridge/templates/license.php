<?php

/**
 * The license: what it is on this site, or the form that brings it here.
 */

defined('ABSPATH') || exit;

$part = $view['open'] ? 'license-enter' : ($view['state'] === 'site_changed' ? 'license-moved' : 'license-held');
$view['show']($part, $view);
