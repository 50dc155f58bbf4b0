<?php

/**
 * The sentences for codes: what went wrong, and what to do next.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

final class Words
{
	/** The sentence for a problem code of the server or of the bridge; an unknown code gets a general one. */
	public function problem(string $code): string
	{
		$known = $this->license() + $this->support() + $this->door();
		return $known[$code] ?? $this->unknown($code);
	}

	public function unknown(string $code): string
	{
		return sprintf(
			/* translators: %s: a short technical code */
			__('The help server refused this (%s). Please try again, or ask us.', 'keydesk-bridge'),
			$code
		);
	}

	/** Why there was no answer that counts; nothing has changed on this site. */
	public function unreachable(): string
	{
		return __('The help server cannot be reached at the moment. Nothing has changed on this site.', 'keydesk-bridge');
	}

	public function field(string $code): string
	{
		$known = array(
			'required' => __('Please fill this in.', 'keydesk-bridge'),
			'too_long' => __('This is too long. Please shorten it, or send it as a text file.', 'keydesk-bridge'),
		);
		return $known[$code] ?? __('This cannot be accepted here.', 'keydesk-bridge');
	}

	/** What the site shows for a ticket's status. */
	public function status(string $status): string
	{
		$known = array(
			'open' => __('Received', 'keydesk-bridge'),
			'waiting_for_us' => __('We are working on it', 'keydesk-bridge'),
			'waiting_for_you' => __('Waiting for your answer', 'keydesk-bridge'),
			'solved' => __('Solved', 'keydesk-bridge'),
			'closed' => __('Closed', 'keydesk-bridge'),
		);
		return $known[$status] ?? $known['open'];
	}

	/** @return array<string, string> what a question can be about; the last one is chosen at first */
	public function types(): array
	{
		return array(
			'bug' => __('Something is broken', 'keydesk-bridge'),
			'missing_feature' => __('I miss a function', 'keydesk-bridge'),
			'unclear' => __('I cannot find or understand something', 'keydesk-bridge'),
			'billing' => __('License or bill', 'keydesk-bridge'),
			'praise' => __('Praise', 'keydesk-bridge'),
			'other' => __('Something else', 'keydesk-bridge'),
		);
	}

	/** @return array<string, string> sections of the diagnostics */
	public function sections(): array
	{
		return array(
			'plugin_settings' => __('Product', 'keydesk-bridge'),
			'site' => __('WordPress', 'keydesk-bridge'),
			'server' => __('PHP and server', 'keydesk-bridge'),
			'theme' => __('Theme', 'keydesk-bridge'),
			'plugins' => __('Active plugins', 'keydesk-bridge'),
			'errors' => __('Recent errors of this plugin', 'keydesk-bridge'),
		);
	}

	/** @return array<string, string> states of the license in a word */
	public function states(): array
	{
		return array(
			'active' => __('Active', 'keydesk-bridge'),
			'stale' => __('Active, not confirmed for a while', 'keydesk-bridge'),
			'lapsed' => __('Not confirmed', 'keydesk-bridge'),
			'expired' => __('Expired', 'keydesk-bridge'),
			'suspended' => __('Suspended', 'keydesk-bridge'),
			'revoked' => __('Revoked', 'keydesk-bridge'),
			'released' => __('Released', 'keydesk-bridge'),
			'site_changed' => __('The address of this site has changed', 'keydesk-bridge'),
			'site_mismatch' => __('This license belongs to another address', 'keydesk-bridge'),
			'unlicensed' => __('No license on this site yet', 'keydesk-bridge'),
		);
	}

	/** @return array<string, string> */
	private function license(): array
	{
		$again = __('This site must be connected again: enter your license key and press Activate.', 'keydesk-bridge');
		$code = __('This code is not valid any more. Go back to the page of your purchase mail and press its button again.', 'keydesk-bridge');
		return array(
			'key_malformed' => __('This is not a complete license key. Please copy the whole key from your purchase mail or from the page of your licenses.', 'keydesk-bridge'),
			'license_not_found' => __('We do not know this key. Please copy it once more from your purchase mail, or let us send you a link below.', 'keydesk-bridge'),
			'product_mismatch' => __('This key belongs to another product. Please use the key of the mail in which this plugin was bought.', 'keydesk-bridge'),
			'mode_mismatch' => __('This is a test key. It works in test installations only.', 'keydesk-bridge'),
			'license_revoked' => __('This license was revoked. Ask us if you think that is wrong.', 'keydesk-bridge'),
			'license_suspended' => __('This license is suspended at the moment. Please ask us about it.', 'keydesk-bridge'),
			'license_not_started' => __('This license has not begun yet. Please try again on its first day.', 'keydesk-bridge'),
			'version_not_allowed' => __('This license covers older versions of the plugin only. Renew it, or install a version that it covers.', 'keydesk-bridge'),
			'addon_without_parent' => __('This is an add-on: it needs a running license of the plugin that it adds to first.', 'keydesk-bridge'),
			'license_expired' => __('This license has expired. Renew it, then try again, or ask us.', 'keydesk-bridge'),
			'site_url_invalid' => __('The address of this site cannot be used. Please check it in Settings → General.', 'keydesk-bridge'),
			'seat_limit_reached' => __('All sites of this license are in use. Release one on the page of your licenses, or in that site’s own dashboard, then try again.', 'keydesk-bridge'),
			'dev_limit_reached' => __('Too many test sites use this license. Release one of them, then try again.', 'keydesk-bridge'),
			'transfer_code_invalid' => $code,
			'transfer_code_used' => $code,
			'link_expired' => $code,
			'token_revoked' => $again,
			'credentials_invalid' => $again,
			'not_connected' => $again,
			'site_changed' => __('The address of this site has changed. Please say on the license screen what happened.', 'keydesk-bridge'),
			'copy_not_available' => __('This address was a temporary copy before, and its 14 days are over. Say that the site has moved, or that it is a site of its own.', 'keydesk-bridge'),
			'mail_link_expired' => __('This link is older than 30 minutes. Ask for a new one below.', 'keydesk-bridge'),
		);
	}

	/** @return array<string, string> */
	private function support(): array
	{
		return array(
			'not_found' => __('This ticket cannot be found. Perhaps it belongs to somebody else.', 'keydesk-bridge'),
			'state_conflict' => __('This ticket was closed too long ago. Please open a new one.', 'keydesk-bridge'),
			'validation_failed' => __('The help server could not accept these fields. Please check them and send again.', 'keydesk-bridge'),
			'body_too_large' => __('This is more than the help server takes. Please shorten the text or leave a file out.', 'keydesk-bridge'),
			'attachment_size' => __('This file is too large.', 'keydesk-bridge'),
			'attachment_count' => __('Please choose three files at most.', 'keydesk-bridge'),
			'attachment_failed' => __('This file could not be kept on this site. Please try another one, or send the text alone.', 'keydesk-bridge'),
			'attachment_type' => __('Only PNG, JPEG, GIF, WebP, PDF, TXT, LOG and ZIP files can be sent.', 'keydesk-bridge'),
			'attachment_unsafe' => __('This file cannot be sent safely. Please choose another one.', 'keydesk-bridge'),
			'keydesk_queue_full' => __('Too much is waiting to be sent already. Your text is still here; please try again later.', 'keydesk-bridge'),
			'preview_gone' => __('The list of what is sent along has expired. Please look at it once more and send again.', 'keydesk-bridge'),
			'no_consent' => __('You have not asked anything yet. Your questions and our answers will stand here.', 'keydesk-bridge'),
			'too_old' => __('This could not be sent for two weeks.', 'keydesk-bridge'),
		);
	}

	/** @return array<string, string> */
	private function door(): array
	{
		return array(
			'keydesk_method' => __('This address takes forms only.', 'keydesk-bridge'),
			'keydesk_type' => __('This kind of data cannot be read.', 'keydesk-bridge'),
			'keydesk_too_large' => __('This is more than your site accepts at once. Please send fewer or smaller files.', 'keydesk-bridge'),
			'keydesk_login' => __('Please log in first.', 'keydesk-bridge'),
			'keydesk_forbidden' => __('Your account may not do this. Please ask an administrator of this site.', 'keydesk-bridge'),
			'keydesk_nonce' => __('This page was open for too long. Please reload it and try again.', 'keydesk-bridge'),
			'keydesk_invalid' => __('Please check the marked fields.', 'keydesk-bridge'),
			'keydesk_internal' => __('Something went wrong on this site. Your text is still here; please try again.', 'keydesk-bridge'),
			'keydesk_slow_down' => __('That was a bit fast. Please wait a minute and try again.', 'keydesk-bridge'),
		);
	}
}
