<?php

/**
 * Script and style of the own screens; loaded there and nowhere else.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\Site\Names;

final class Assets
{
	private Names $names;

	private string $base;

	private string $version;

	/** @param string $base address of the bridge's folder, with a slash at its end */
	public function __construct(Names $names, string $base, string $version)
	{
		$this->names = $names;
		$this->base = $base;
		$this->version = $version;
	}

	public function enqueue(): void
	{
		$handle = $this->names->handle();
		$core = array('wp-api-fetch', 'wp-a11y', 'wp-dom-ready');
		wp_enqueue_style($handle, $this->base . 'assets/bridge.css', array(), $this->version);
		wp_enqueue_script($handle, $this->base . 'assets/bridge.js', $core, $this->version, true);
		$license = $this->base . 'assets/license.js';
		wp_enqueue_script($handle . '-license', $license, array($handle), $this->version, true);
	}

	/** Data for the script; it stands in an attribute, because inline scripts break strict sites. */
	public function data(): string
	{
		$acts = array();
		foreach (array('preview', 'attach', 'tickets', 'ticket', 'sync', 'mail_look') as $act) {
			$acts[$act] = wp_create_nonce($this->names->act($act));
		}
		return (string) wp_json_encode(array(
			'routes' => $this->names->routes(),
			'nonces' => $acts,
			'words' => array(
				'busy' => __('One moment…', 'keydesk-bridge'),
				'offline' => __('The connection was lost. Your text is still here; please try again.', 'keydesk-bridge'),
				'newAnswer' => __('There is a new message.', 'keydesk-bridge'),
				'tooLarge' => __('This file is too large.', 'keydesk-bridge'),
				'tooMany' => __('Please choose three files at most.', 'keydesk-bridge'),
				'lookFirst' => __('This is what is sent along. Please press Send once more.', 'keydesk-bridge'),
				'noFacts' => __('No facts could be gathered. Press Send once more to ask without them.', 'keydesk-bridge'),
				'codeReady' => __('The code from your purchase mail is filled in. Press Activate.', 'keydesk-bridge'),
			),
		));
	}
}
